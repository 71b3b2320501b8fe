import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Postgres

struct RulesRemoveCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove rules by their id; their history stays.",
        discussion: "Exit code 1 when there is no rule with one of the ids; the others are removed all the same."
    )

    @Argument(help: "The ids, as `rules list` shows them.")
    var ids: [Int64]

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .operator), logger: logger)
        let removed = try await RuleStore(connection).remove(ids.map(Rule.ID.init(rawValue:)))
        await connection.close()
        for id in removed { print("removed rule \(id.rawValue)") }
        let missing = Set(ids).subtracting(removed.map(\.rawValue)).sorted()
        guard missing.isEmpty else {
            throw Failure("there is no rule " + missing.map(String.init).joined(separator: ", "))
        }
    }
}
