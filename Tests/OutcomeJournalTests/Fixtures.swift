import Foundation
import Testing

@testable import OutcomeJournal

/// A directory that is gone after the test.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The names of its files, in order.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    var segments: [String] { names.filter { $0.hasSuffix(".journal") } }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// What is there if every process that uses it is killed now.
    func copy() throws -> ScratchDirectory {
        let copy = try ScratchDirectory()
        for name in names where name != "lock" { try copy.write(bytes(name), to: name) }
        return copy
    }

    /// A configuration for small journals that are full or hang soon.
    func configuration(_ change: (inout JournalConfiguration) -> Void = { _ in }) -> JournalConfiguration {
        var configuration = JournalConfiguration(directory: path)
        configuration.patience = .seconds(60)
        change(&configuration)
        return configuration
    }
}

/// A point in time that a script makes up.
struct ScriptedInstant: InstantProtocol, ExpressibleByIntegerLiteral {
    private var milliseconds: Int

    init(integerLiteral value: Int) { milliseconds = value }

    func advanced(by duration: Duration) -> ScriptedInstant {
        var later = self
        later.milliseconds += Int(duration / .milliseconds(1))
        return later
    }

    func duration(to other: ScriptedInstant) -> Duration { .milliseconds(other.milliseconds - milliseconds) }

    static func < (left: ScriptedInstant, right: ScriptedInstant) -> Bool { left.milliseconds < right.milliseconds }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Waits until `condition` holds, and fails when it does not within ten seconds.
func eventually(
    _ condition: () throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, "it did not become true", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// A record that says which it is.
func record(_ number: Int) -> [UInt8] { [UInt8]("record \(number)".utf8) }

extension Journal {
    /// Appends, and fails when the record is not kept.
    @discardableResult
    func keep(_ record: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) async throws -> JournalPosition {
        guard case .kept(let position) = await append(record) else {
            throw NotKept()
        }
        return position
    }

    /// Everything that can be read from here on.
    func readAll(maximumRecords: Int = 1_000, maximumBytes: Int = 1 << 20) async throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        while true {
            let batch = try await read(maximumRecords: maximumRecords, maximumBytes: maximumBytes)
            if batch.records.isEmpty { return records }
            records += batch.records
        }
    }
}

struct NotKept: Error {}
