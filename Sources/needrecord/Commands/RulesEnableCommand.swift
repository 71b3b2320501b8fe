import ArgumentParser
import BusinessState
import DecisionCore
import Logging

struct RulesEnableCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Switch rules on by their id.",
        discussion: "Exit code 1 when there is no rule with one of the ids; the others are switched on all the same."
    )

    @Argument(help: "The ids, as `rules list` shows them.")
    var ids: [Int64]

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let enabled = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.setEnabled(true, ids.map(Rule.ID.init(rawValue:)))
        }
        try reportByID(enabled, of: ids, done: "enabled")
    }
}

struct RulesDisableCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Switch rules off by their id: they match nothing until they are switched on.",
        discussion: "Exit code 1 when there is no rule with one of the ids; the others are switched off all the same."
    )

    @Argument(help: "The ids, as `rules list` shows them.")
    var ids: [Int64]

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let disabled = try await RulesSession.run(settings, as: .operator, logger: logger) { store in
            try await store.setEnabled(false, ids.map(Rule.ID.init(rawValue:)))
        }
        try reportByID(disabled, of: ids, done: "disabled")
    }
}
