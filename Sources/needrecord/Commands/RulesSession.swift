import BusinessState
import Logging
import Postgres

/// A connection for one command about rules, and errors that say what to do.
enum RulesSession {
    /// Runs `body` with the rules, acting as a role.
    ///
    /// - Throws: ``Failure`` for what a person can do something about; `PostgresError` for the rest.
    static func run<Value>(
        _ settings: Settings,
        as role: DatabaseRole,
        logger: Logger,
        _ body: (RuleStore) async throws -> Value
    ) async throws -> Value {
        let connection = try await PostgresConnection.connect(settings.database(as: role), logger: logger)
        do {
            let value = try await body(RuleStore(connection))
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw explain(error)
        }
    }

    private static func explain(_ error: any Error) -> any Error {
        switch error {
        case let error as RuleStoreError: return Failure(error.description)
        case let error as PostgresError:
            switch (error.sqlState, error.constraint) {
            case (.foreignKeyViolation, "rules_quota_exists"):
                return Failure("a rule names a quota that there is not: \(error.detail ?? error.message)")
            case (.uniqueViolation, "rules_name_once"):
                return Failure("a name is there once in a set: \(error.detail ?? error.message)")
            case (.checkViolation, _): return Failure("the database refuses this rule: \(error.message)")
            default: return error
            }
        default: return error
        }
    }
}
