import ArgumentParser
import DecisionCore
import RuleFiles

/// A time as a person asks for it: `90s`, `5m`, `1h` or `2d` ago, or a time with its offset.
struct AuditTime: ExpressibleByArgument {
    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    private let ago: Int64?
    private let time: Timestamp?

    /// Nil for anything else, and for more than 10 000 days.
    init?(argument: String) {
        if let unit = argument.last.flatMap({ Self.units[$0] }) {
            let digits = argument.dropLast()
            guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(digits),
                count <= 10_000 * 86_400 / unit
            else { return nil }
            ago = count * unit
            time = nil
        } else {
            guard let time = Timestamp(iso8601: argument) else { return nil }
            ago = nil
            self.time = time
        }
    }

    /// The moment, seen from now.
    func moment(_ now: Timestamp) -> Timestamp {
        time ?? now.advanced(by: .seconds(-(ago ?? 0)))
    }
}
