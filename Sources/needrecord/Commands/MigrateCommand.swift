import ArgumentParser
import BusinessState
import Logging
import Postgres

struct MigrateCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database to this version.",
        discussion: """
            Applies the numbered SQL files in order, each in its own transaction, one migrator at a time. Refuses a \
            database of a newer version, and one whose applied files are not these. The login needs to own the \
            database and to be allowed to create roles.
            """
    )

    @Flag(help: "Show what is applied and what is not, and change nothing; exit code 1 when something is missing.")
    var status = false

    @Option(
        name: .customLong("grant"),
        help: ArgumentHelp(
            "Let this login role act as worker, auditor, operator and reader; may be repeated. For an installation where one "
                + "login does everything; otherwise grant each login the role of its job.",
            valueName: "login role"
        )
    )
    var grants: [String] = []

    @Option(help: ArgumentHelp("Where the SQL files are; default ./migrations.", valueName: "directory"))
    var migrations: String?

    @OptionGroup var settings: SettingsOptions

    var flags: [Setting: String] {
        var flags: [Setting: String] = [:]
        flags[.migrationsDirectory] = migrations
        return flags
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let files = try MigrationFile.load(directory: settings.migrationsDirectory)
        var database = settings.database
        // A migration may rewrite a large table.
        database.statementTimeout = nil
        // Another migrator may be at work; waiting for it is what is wanted.
        database.lockTimeout = nil
        let connection = try await PostgresConnection.connect(database, logger: logger)
        let migrator = Migrator(files: files, connection: connection)
        if status {
            try await show(migrator)
        } else {
            let applied = try await migrator.migrate { print("applying \($0.number) \($0.name)") }
            if applied.isEmpty { print("nothing to do: the database is at migration \(files.count)") }
            for login in grants { try await grant(to: login, on: connection) }
        }
        await connection.close()
    }

    private func show(_ migrator: Migrator) async throws {
        let migrations = try await migrator.status()
        for migration in migrations {
            print("\(migration.isApplied ? "applied" : "missing")  \(migration.file.number) \(migration.file.name)")
        }
        if migrations.contains(where: { !$0.isApplied }) { throw ExitCode.failure }
    }

    private func grant(to login: String, on connection: PostgresConnection) async throws {
        for role in DatabaseRole.allCases {
            try await connection.execute("GRANT \(identifier: role.rawValue) TO \(identifier: login)")
        }
        print("\(login) may act as worker, auditor, operator and reader")
    }
}
