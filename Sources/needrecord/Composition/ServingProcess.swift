import AMQP
import CallbackGateway
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals
import Wire

/// A process that runs a gateway, a worker, an auditor, or several of them, until it is told to stop.
struct ServingProcess {
    private let settings: Settings
    private let runsGateway: Bool
    private let runsWorker: Bool
    private let runsAuditor: Bool
    private let logger: Logger

    init(_ settings: Settings, runsGateway: Bool, runsWorker: Bool, runsAuditor: Bool, logger: Logger) {
        self.settings = settings
        self.runsGateway = runsGateway
        self.runsWorker = runsWorker
        self.runsAuditor = runsAuditor
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT, and then until everything in flight is answered.
    ///
    /// - Throws: ``Failure`` when a port cannot be listened on, or too few files may be open.
    func run() async throws {
        let logger = logger
        var settings = settings
        let openFiles = OpenFileLimit.raise()
        guard let connections = OpenFileLimit.connections(settings.gateway.maximumConnections, of: openFiles) else {
            throw Failure(
                "the limit of open files is \(openFiles), and has to be more than \(OpenFileLimit.reserve) (ulimit -Hn)"
            )
        }
        if runsGateway, connections < settings.gateway.maximumConnections {
            logger.warning(
                "fewer connections than set, for the limit of open files",
                metadata: ["connections": "\(connections)", "open_files": "\(openFiles)"]
            )
            settings.gateway.maximumConnections = connections
        }
        let gateway =
            runsGateway
            ? try await GatewayRole(settings, logger: logger, onListening: listening("callbacks")) : nil
        let worker = runsWorker ? try WorkerRole(settings, logger: logger) : nil
        let auditor = runsAuditor ? AuditorRole(settings, logger: logger) : nil
        let ops = OpsServer(
            host: settings.opsHost,
            port: settings.opsPort,
            logger: logger.labelled("ops"),
            report: { OpsServer.Report(gateway: gateway, worker: worker?.worker, auditor: auditor?.auditor) },
            onListening: listening("operators")
        )
        // Stopped from the last to the first: the gateway answers what is in flight while the worker still decides.
        let services: [any Service] =
            [ops] + (auditor?.services ?? []) + (worker?.services ?? []) + (gateway?.services ?? [])
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger.labelled("lifecycle")
        )
        // Everything in flight ends within the budget, and the journal has its time; what has not stopped by then does
        // not stop by itself.
        configuration.maximumGracefulShutdownDuration =
            settings.topology.answerBudget + settings.gateway.journalDrain + .seconds(10)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw Failure("cannot listen: \(error)")
        }
        logger.info("stopped")
    }

    private func listening(_ purpose: String) -> @Sendable (Int) -> Void {
        let logger = logger
        return { logger.info("listening for \(purpose)", metadata: ["port": "\($0)"]) }
    }
}
