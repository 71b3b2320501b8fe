import ArgumentParser
import Logging

struct AuditorCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "auditor",
        abstract: "Run an auditor: what happened to recordings and streams, from RabbitMQ into PostgreSQL.",
        discussion: """
            Run two or more: one of them leads, and another takes over when that one is gone. Stops on SIGTERM or \
            SIGINT when what is being written is written.
            """
    )

    @OptionGroup var listen: ListenOptions
    @OptionGroup var settings: SettingsOptions

    var flags: [Setting: String] { listen.flags }

    func run(_ settings: Settings, logger: Logger) async throws {
        try await ServingProcess(settings, runsGateway: false, runsWorker: false, runsAuditor: true, logger: logger)
            .run()
    }
}
