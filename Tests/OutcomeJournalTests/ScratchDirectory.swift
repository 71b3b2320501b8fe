import Foundation
import Glibc
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
        // Foundation would sync it.
        let file = try #require(fopen(path + "/" + name, "w"))
        defer { fclose(file) }
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path + "/" + name)
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

    /// Whether no journal is open here.
    func lockIsFree() throws -> Bool {
        do throws(JournalError) {
            _ = try JournalDirectory(path: path, disk: LinuxDisk()).lock()
            return true
        } catch .inUse {
            return false
        }
    }
}
