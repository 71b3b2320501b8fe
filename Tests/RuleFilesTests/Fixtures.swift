import DecisionCore
import RuleFiles
import Testing

extension RuleFile {
    /// Reads a file's text.
    init(yaml text: String) throws(RuleFileError) {
        try self.init(yaml: Array(text.utf8))
    }
}

/// What is wrong with a text, one line for each problem.
func problems(of text: String) -> String {
    do {
        _ = try RuleFile(yaml: text)
        return ""
    } catch {
        return error.description
    }
}

extension NamePattern {
    static func of(_ text: String) throws -> NamePattern { try #require(NamePattern(text), "\(text)") }
}

extension Timestamp {
    static func of(_ text: String) throws -> Timestamp { try #require(Timestamp(iso8601: text), "\(text)") }
}

/// Numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
