import ArgumentParser
import Configuration
import Logging

/// The options of every command that say how it is set up.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A YAML or JSON file with settings.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The broker: amqp://user:password@host:5672/vhost.", valueName: "url"))
    var amqpURL: String?

    @Option(help: ArgumentHelp("The database: postgresql://user:password@host:5432/database.", valueName: "url"))
    var databaseURL: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical; default info.")
    var logLevel: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Any other setting, such as --set answer.budget=3s; may be repeated.",
            valueName: "key=value"
        )
    )
    var assignments: [String] = []

    /// The settings: flags beat the environment, and the environment beats the file.
    ///
    /// - Parameter more: What flags of the command itself set.
    /// - Throws: ``SettingError``.
    func settings(adding more: [Setting: String] = [:]) throws(SettingError) -> Settings {
        var flags = more
        flags[.amqpURL] = amqpURL
        flags[.databaseURL] = databaseURL
        flags[.logLevel] = logLevel
        for assignment in assignments {
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let setting = Setting(rawValue: String(parts[0])) else {
                throw SettingError("--set \(parts[0]): there is no such setting; docs/configuration.md lists them")
            }
            flags[setting] = String(parts[1])
        }
        var providers: [any ConfigProvider] = [
            provider("flags", flags),
            EnvironmentVariablesProvider().prefixKeys(with: "needrecord"),
        ]
        if let config { providers.append(provider("file", try SettingsFile(path: config).values)) }
        return try Settings(ConfigReader(providers: providers))
    }

    private func provider(_ name: String, _ values: [Setting: String]) -> InMemoryProvider {
        let values = values.map {
            (AbsoluteConfigKey(ConfigKey($0.key.key)), ConfigValue(.string($0.value), isSecret: true))
        }
        return InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: values))
    }
}
