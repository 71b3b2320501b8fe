import TestSupport
import Testing

@Suite struct MigrateCommandTests {
    @Test func `A new database is migrated once, and its status told before and after`() async throws {
        try await ProductDatabase.with(isMigrated: false) { database in
            let migrations = ["--migrations", TestEnvironment.migrations]
            func run(_ more: String...) async throws -> NeedRecordRun {
                try await NeedRecordRun.run(["migrate"] + migrations + more, settings: database.settings)
            }
            let before = try await run("--status")
            #expect(before.status == 1)
            #expect(before.text.contains("missing  1 "))
            let first = try await run()
            #expect(first.status == 0, "\(first.text)")
            #expect(first.text.contains("applying 1 "))
            let after = try await run("--status")
            #expect(after.status == 0)
            #expect(after.text.contains("applied  1 "))
            #expect(!after.text.contains("missing"))
            let second = try await run()
            #expect(second.status == 0)
            #expect(second.text.contains("nothing to do"))
        }
    }

    @Test func `What cannot be done is said`() async throws {
        let noDatabase = try await NeedRecordRun.run("migrate", "--migrations", TestEnvironment.migrations)
        #expect(noDatabase.status == 1)
        #expect(noDatabase.text.contains("needrecord: the database: "))
        let noFiles = try await NeedRecordRun.run("migrate", "--migrations", "/nowhere")
        #expect(noFiles.status == 1)
        #expect(noFiles.text.contains("/nowhere"))
    }
}
