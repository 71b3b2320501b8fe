import BusinessState
import Foundation
import TestSupport
import Testing

@Suite struct MigrationFileTests {
    /// Runs `body` with a directory that holds these files.
    private static func withDirectory(_ files: [String: Data], _ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("needrecord-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, data) in files {
            try data.write(to: directory.appendingPathComponent(name))
        }
        try body(directory.path)
    }

    private static func withDirectory(names: [String], _ body: (String) throws -> Void) throws {
        let files = names.map { ($0, Data("SELECT 1 -- \($0)".utf8)) }
        try withDirectory(Dictionary(uniqueKeysWithValues: files), body)
    }

    @Test func `The files come in the order of their numbers, whatever their names`() throws {
        let names = ["0003_a.sql", "0001_z_and_more.sql", "0002_m.sql", ".hidden"]
        try Self.withDirectory(names: names) { directory in
            let files = try MigrationFile.load(directory: directory)
            #expect(files.map(\.number) == [1, 2, 3])
            #expect(files.map(\.name) == ["z_and_more", "m", "a"])
            #expect(files[0].sql == "SELECT 1 -- 0001_z_and_more.sql")
        }
    }

    @Test(arguments: [
        ["0001_a.sql", "0003_c.sql"],
        ["0002_b.sql"],
        ["0000_zero.sql", "0001_a.sql"],
        ["0001_a.sql", "0001_b.sql"],
    ])
    func `A gap and a number that comes twice are refused`(names: [String]) throws {
        try Self.withDirectory(names: names) { directory in
            let error = #expect(throws: MigrationError.self) { try MigrationFile.load(directory: directory) }
            #expect(error?.description.contains("have no number") == true)
        }
    }

    @Test(arguments: [
        "1_a.sql", "001_a.sql", "00001_a.sql", "0002.sql", "0002-a.sql", "0002_a.SQL", "0002_a.sql.bak", "README.md",
        "_0002_a.sql", "a0002_a.sql", "zzzz_a.sql",
    ])
    func `A file that is not named like a migration is refused by its name`(name: String) throws {
        try Self.withDirectory(names: ["0001_a.sql", name]) { directory in
            let error = #expect(throws: MigrationError.self) { try MigrationFile.load(directory: directory) }
            #expect(error?.description == "\(directory)/\(name) is not named like 0001_name.sql")
        }
    }

    @Test func `A file that is not UTF-8 is refused`() throws {
        try Self.withDirectory(["0001_a.sql": Data([0x53, 0xFF])]) { directory in
            let error = #expect(throws: MigrationError.self) { try MigrationFile.load(directory: directory) }
            #expect(error?.description.hasSuffix("0001_a.sql cannot be read as UTF-8") == true)
        }
    }

    @Test func `An empty directory and one that is not there are refused`() throws {
        try Self.withDirectory([:]) { directory in
            #expect(throws: MigrationError("there are no migrations in \(directory)")) {
                try MigrationFile.load(directory: directory)
            }
            let error = #expect(throws: MigrationError.self) { try MigrationFile.load(directory: directory + "/none") }
            #expect(error?.description.contains("--migrations") == true)
        }
    }

    @Test func `The product's own migrations are as many as this program needs, or more`() throws {
        #expect(try MigrationFile.load(directory: TestEnvironment.migrations).count >= SchemaVersion.required)
    }
}
