import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Postgres

struct QuotasRemoveCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove quotas that no rule names any more; what was recorded stays counted.",
        discussion: """
            Nothing is removed when a rule names one of them. Exit code 1 then, and when there is no quota with one of \
            the names; the others are removed all the same.
            """
    )

    @Argument(help: "The names.")
    var names: [String]

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .operator), logger: logger)
        let store = QuotaStore(connection)
        let removed: [String]
        do {
            removed = try await store.remove(names)
        } catch {
            guard error.sqlState == .foreignKeyViolation else { throw error }
            let rules = try await store.rules(naming: names).map { String($0.rawValue) }
            throw Failure("still named by \(rules.count == 1 ? "rule" : "rules") " + rules.joined(separator: ", "))
        }
        await connection.close()
        for name in removed { print("removed quota \(name)") }
        let missing = Set(names).subtracting(removed).sorted()
        guard missing.isEmpty else { throw Failure("there is no quota " + missing.joined(separator: ", ")) }
    }
}
