import ArgumentParser
import BusinessState
import DecisionCore
import Logging

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
        let removed = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.remove(ids.map(Rule.ID.init(rawValue:)))
        }
        try reportByID(removed, of: ids, done: "removed")
    }
}

/// Says what was done to which rules.
///
/// - Throws: ``Failure`` when one of the ids is no rule's.
func reportByID(_ done: [Rule.ID], of ids: [Int64], done verb: String) throws {
    for id in done { print("\(verb) rule \(id.rawValue)") }
    let missing = Set(ids).subtracting(done.map(\.rawValue)).sorted()
    guard missing.isEmpty else {
        throw Failure("there is no rule " + missing.map(String.init).joined(separator: ", "))
    }
}
