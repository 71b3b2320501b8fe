import Postgres
import TestSupport
import Testing

@testable import BusinessState

@Suite(.timeLimit(.minutes(1))) struct MigratorTests {
    private static let files = [
        MigrationFile(number: 1, name: "first", sql: "CREATE TABLE needrecord.first (id int);"),
        MigrationFile(number: 2, name: "second", sql: "CREATE TABLE needrecord.second (id int); -- naïve"),
        MigrationFile(number: 3, name: "third", sql: "INSERT INTO needrecord.first VALUES (1);"),
    ]

    private static func withConnection(_ body: (PostgresConnection) async throws -> Void) async throws {
        try await ProductDatabase.with(isMigrated: false) { database in
            try await database.withConnection(body)
        }
    }

    private static func applied(_ connection: PostgresConnection) async throws -> [String] {
        try await connection.query("SELECT name FROM needrecord.migrations ORDER BY number").map { row in
            try row.decode(String.self, at: 0)
        }
    }

    @Test func `A fresh database gets every migration, in order, each announced before it`() async throws {
        try await Self.withConnection { connection in
            var announced: [String] = []
            let done = try await Migrator(files: Self.files, connection: connection).migrate {
                announced.append($0.name)
            }
            #expect(done == Self.files)
            #expect(announced == ["first", "second", "third"])
            #expect(try await Self.applied(connection) == announced)
            #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.first") == 1)
        }
    }

    @Test func `A second time there is nothing to do, and later a new migration is`() async throws {
        try await Self.withConnection { connection in
            let early = Migrator(files: Array(Self.files[..<2]), connection: connection)
            let late = Migrator(files: Self.files, connection: connection)
            var done: [[MigrationFile]] = []
            for migrator in [early, early, late, late] { done.append(try await migrator.migrate()) }
            #expect(done == [Array(Self.files[..<2]), [], [Self.files[2]], []])
        }
    }

    @Test func `The status names what is applied and what is not, and changes nothing`() async throws {
        try await Self.withConnection { connection in
            let migrator = Migrator(files: Self.files, connection: connection)
            #expect(try await migrator.status().map(\.isApplied) == [false, false, false])
            #expect(try await connection.value(Bool.self, "SELECT to_regnamespace('needrecord') IS NULL"))

            try await Migrator(files: Array(Self.files[..<1]), connection: connection).migrate()
            let status = try await migrator.status()
            #expect(status.map(\.isApplied) == [true, false, false])
            #expect(status.map(\.file) == Self.files)
            #expect(try await Self.applied(connection) == ["first"])
        }
    }

    @Test func `A migration that has changed since it was applied is refused by its name, before anything is done`()
        async throws
    {
        try await Self.withConnection { connection in
            try await Migrator(files: Array(Self.files[..<2]), connection: connection).migrate()
            var changed = Self.files
            changed[1] = MigrationFile(number: 2, name: "second", sql: Self.files[1].sql + " ")
            let migrator = Migrator(files: changed, connection: connection)
            for run in [{ try await migrator.migrate().count }, { try await migrator.status().count }] {
                let error = await #expect(throws: MigrationError.self) { try await run() }
                #expect(error?.description.hasPrefix("migration 2 (second) is not what was applied") == true)
            }
            #expect(try await Self.applied(connection) == ["first", "second"])
        }
    }

    @Test func `A database from the future is refused, and left as it is`() async throws {
        try await Self.withConnection { connection in
            try await Migrator(files: Self.files, connection: connection).migrate()
            let old = Migrator(files: Array(Self.files[..<2]), connection: connection)
            let error = await #expect(throws: MigrationError.self) { try await old.migrate() }
            #expect(error?.description.contains("is at migration 3 (third) and this program knows only 2") == true)
            await #expect(throws: MigrationError.self) { try await old.status() }
            #expect(try await Self.applied(connection).count == 3)
        }
    }

    @Test func `A list of migrations that somebody has changed is refused`() async throws {
        try await Self.withConnection { connection in
            let migrator = Migrator(files: Self.files, connection: connection)
            try await migrator.migrate()
            for damage in [
                "DELETE FROM needrecord.migrations WHERE number = 1",
                "UPDATE needrecord.migrations SET number = 0 WHERE number = 2",
            ] {
                try await connection.simpleQuery(damage)
                let error = await #expect(throws: MigrationError.self) { try await migrator.migrate() }
                #expect(error?.description.contains("has no number 1") == true)
            }
        }
    }

    @Test func `A migration that fails leaves nothing behind, and those before it stay`() async throws {
        try await Self.withConnection { connection in
            var files = Self.files
            files[1] = MigrationFile(number: 2, name: "bad", sql: "CREATE TABLE needrecord.half (id int); SELECT 1/0;")
            let migrator = Migrator(files: files, connection: connection)
            let error = await #expect(throws: PostgresError.self) { try await migrator.migrate() }
            #expect(error?.sqlState == .divisionByZero)
            #expect(try await Self.applied(connection) == ["first"])
            #expect(try await connection.value(Bool.self, "SELECT to_regclass('needrecord.half') IS NULL"))

            // The lock is free again, and the mended file goes on from there.
            let done = try await Migrator(files: Self.files, connection: connection).migrate()
            #expect(done.map(\.name) == ["second", "third"])
        }
    }

    @Test func `Of several migrators at once each migration is applied by one`() async throws {
        try await ProductDatabase.with(isMigrated: false) { database in
            let done = try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await database.withConnection { connection in
                            try await Migrator(files: Self.files, connection: connection).migrate().map(\.name)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(done == ["first", "second", "third"])
        }
    }

    @Test func `The product's migrations make what its queries need`() async throws {
        try await Self.withConnection { connection in
            let error = await #expect(throws: MigrationError.self) { try await SchemaVersion.check(on: connection) }
            #expect(error?.description.contains("run `needrecord migrate`") == true)
            let files = try MigrationFile.load(directory: TestEnvironment.migrations)
            try await Migrator(files: files, connection: connection).migrate()
            try await SchemaVersion.check(on: connection)
            #expect(try await connection.revision() == 0)
        }
    }
}
