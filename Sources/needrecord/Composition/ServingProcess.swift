import AMQP
import AuditTrail
import CallbackGateway
import DecisionWorker
import Logging
import NIOCore
import Observability
import ServiceLifecycle
import Tracing
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
        let metrics = MetricsRegistry(families: MetricFamily.gateway + MetricFamily.worker + MetricFamily.auditor)
        let exporter = spanExporter(settings)
        let tracer = exporter?.tracer
        let gateway =
            runsGateway
            ? try await GatewayRole(
                settings,
                metrics: metrics,
                tracer: tracer,
                logger: logger,
                onListening: listening("callbacks")
            ) : nil
        let worker =
            runsWorker ? try WorkerRole(settings, metrics: metrics, tracer: tracer, logger: logger) : nil
        let auditor = runsAuditor ? AuditorRole(settings, metrics: metrics, logger: logger) : nil
        let report = { @Sendable in
            ProcessReport(gateway: gateway, worker: worker?.worker, auditor: auditor?.auditor)
        }
        metrics.collectProcess()
        metrics.collect { collection in
            report().add(to: &collection)
            collection.add(.logLinesDropped, LogStream.standardError.droppedLineCount)
            if let exporter { collection.add(exporter.counters) }
        }
        let ops = OpsServer(
            host: settings.opsHost,
            port: settings.opsPort,
            logger: logger.labelled("ops"),
            report: report,
            metrics: metrics,
            onListening: listening("operators")
        )
        // Stopped from the last to the first: the gateway answers what is in flight while the worker still decides, and the
        // last spans are made before they are sent.
        let services: [any Service] =
            [exporter].compactMap(\.self) + [ops] + (auditor?.services ?? []) + (worker?.services ?? [])
            + (gateway?.services ?? [])
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger.labelled("lifecycle")
        )
        // Everything in flight ends within the budget, and the journal has its time; what has not stopped by then does
        // not stop by itself.
        configuration.maximumGracefulShutdownDuration =
            settings.gateway.drainDelay + settings.topology.answerBudget + settings.gateway.journalDrain + .seconds(10)
        // The spans of the end are sent after everything else.
        if exporter != nil { configuration.maximumGracefulShutdownDuration? += OTLPExporter.longestStop }
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw Failure("cannot listen: \(error)")
        }
        logger.info("stopped")
    }

    private func spanExporter(_ settings: Settings) -> OTLPExporter? {
        guard let endpoint = settings.tracingEndpoint else { return nil }
        var roles: [String] = []
        if runsGateway { roles.append("gateway") }
        if runsWorker { roles.append("worker") }
        if runsAuditor { roles.append("auditor") }
        let name = runsGateway ? settings.gateway.name : runsWorker ? settings.worker.name : settings.auditor.name
        return OTLPExporter(
            endpoint: endpoint,
            sampleRatio: settings.tracingSampleRatio,
            // Source: OpenTelemetry semantic conventions, "Service".
            resource: [
                "service.namespace": "needrecord",
                "service.name": "needrecord-\(roles.count == 1 ? roles[0] : "serve")",
                "service.instance.id": "\(name)",
                "service.version": "\(Version.text)",
            ],
            version: Version.text,
            logger: logger.labelled("traces")
        )
    }

    private func listening(_ purpose: String) -> @Sendable (Int) -> Void {
        let logger = logger
        return { logger.info("listening for \(purpose)", metadata: ["port": "\($0)"]) }
    }
}
