import ArgumentParser
import AuditTrail
import Logging
import Postgres

/// A command that asks one question and prints the rows.
protocol AuditQuestionCommand: Command {
    var options: AuditOptions { get }

    /// What is asked.
    var question: AuditQuestion { get }
}

extension AuditQuestionCommand {
    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.auditTrail(settings, logger: logger)
        let rows = try await connection.query(question.query(asJSON: options.output == .json), timeout: .seconds(600))
        await connection.close()
        var printer = AuditPrinter(options.output)
        printer.print(rows, columns: rows.columns)
    }
}

extension PostgresConnection {
    /// A connection that may read the audit trail, and shows times in UTC.
    static func auditTrail(_ settings: Settings, logger: Logger) async throws -> PostgresConnection {
        var database = settings.database(as: .reader)
        database.sessionSettings["TimeZone"] = "UTC"
        // Compiling the look-ups of every day takes longer than the few that are made.
        database.sessionSettings["jit"] = "off"
        return try await connect(database, logger: logger)
    }
}
