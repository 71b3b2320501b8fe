import ArgumentParser
import Logging

struct ServeCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a gateway, a worker and an auditor in one process.",
        discussion: """
            For one machine. Events go through RabbitMQ and decisions through PostgreSQL exactly as they do between \
            machines. Stops on SIGTERM or SIGINT when everything in flight is answered.
            """
    )

    @OptionGroup var gateway: GatewayListenOptions
    @OptionGroup var listen: ListenOptions
    @OptionGroup var settings: SettingsOptions

    var flags: [Setting: String] { listen.flags.merging(gateway.flags) { $1 } }

    func run(_ settings: Settings, logger: Logger) async throws {
        try await ServingProcess(settings, runsGateway: true, runsWorker: true, runsAuditor: true, logger: logger)
            .run()
    }
}

struct GatewayCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Run a callback gateway: HTTP in, RabbitMQ out, an answer within the budget.",
        discussion: "It needs no database. Stops on SIGTERM or SIGINT when everything in flight is answered."
    )

    @OptionGroup var gateway: GatewayListenOptions
    @OptionGroup var listen: ListenOptions
    @OptionGroup var settings: SettingsOptions

    var flags: [Setting: String] { listen.flags.merging(gateway.flags) { $1 } }

    func run(_ settings: Settings, logger: Logger) async throws {
        try await ServingProcess(settings, runsGateway: true, runsWorker: false, runsAuditor: false, logger: logger)
            .run()
    }
}

struct WorkerCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Run a decision worker: events from RabbitMQ, decided on PostgreSQL.",
        discussion: "Stops on SIGTERM or SIGINT when the events that it has taken are answered."
    )

    @OptionGroup var listen: ListenOptions
    @OptionGroup var settings: SettingsOptions

    var flags: [Setting: String] { listen.flags }

    func run(_ settings: Settings, logger: Logger) async throws {
        try await ServingProcess(settings, runsGateway: false, runsWorker: true, runsAuditor: false, logger: logger)
            .run()
    }
}
