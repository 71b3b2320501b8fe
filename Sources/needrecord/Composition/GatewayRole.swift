import AMQP
public import CallbackGateway
import DecisionCore
import Logging
import Observability
import OutcomeJournal
public import ReplyCorrelator
import ServiceLifecycle
import Wire

extension ReplyCorrelator: ReplyAwaiting {}

/// A gateway with all that it needs, as services.
struct GatewayRole {
    let gateway: CallbackGateway
    let correlator: ReplyCorrelator
    let maximumJournalBytes: Int
    private let receiver: ReplyReceiver
    private let admission: AdmissionWatch?
    private let certificate: FileWatch?

    /// - Throws: ``SettingError`` when the certificate, or the file of keys, secrets and networks, cannot be used,
    ///   ``Failure`` when the journal cannot be opened.
    init(
        _ settings: Settings,
        metrics: MetricsRegistry,
        tracer: OTLPTracer?,
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void
    ) async throws {
        let admission = try Self.admission(settings, logger: logger)
        let certificate = try Self.certificate(settings)
        let journal = try await Self.openJournal(settings, logger: logger.labelled("journal"))
        let correlator = ReplyCorrelator(
            maximumPending: settings.gateway.maximumPending,
            budget: settings.topology.answerBudget,
            memory: settings.topology.answerBudget
        )
        var events = settings.amqp
        events.connectionName = "needrecord gateway \(settings.gateway.name), events"
        var configuration = settings.gateway
        configuration.admission = admission?.settings
        configuration.tls = certificate?.identity
        let gateway = CallbackGateway(
            configuration: configuration,
            topology: settings.topology,
            amqp: events,
            replies: correlator,
            journal: journal,
            now: CivilClock.now,
            metrics: metrics,
            tracer: tracer,
            logger: logger.labelled("gateway"),
            onListening: onListening
        )
        var lateAnswers: LateAnswersHandler?
        if settings.gateway.usesLateDecisions { lateAnswers = { gateway.lateAnswersTold($0, malformed: $1) } }
        var replies = settings.amqp
        replies.connectionName = "needrecord gateway \(settings.gateway.name), replies"
        receiver = ReplyReceiver(
            correlator: correlator,
            topology: settings.topology,
            amqp: replies,
            name: settings.gateway.name,
            logger: logger.labelled("replies"),
            onReady: { gateway.repliesUp(queue: $0) },
            onLost: { gateway.repliesDown() },
            onLate: { gateway.repliesLate($0) },
            onLateAnswers: lateAnswers
        )
        self.gateway = gateway
        maximumJournalBytes = settings.journal.maximumBytes
        self.correlator = correlator
        let tlsLogger = logger.labelled("tls")
        self.certificate = certificate.map { reload in FileWatch { _ in await reload.read(tlsLogger) } }
        self.admission = admission.map { file, bytes, _ in
            AdmissionWatch(file: file, bytes: bytes, gateway: gateway, logger: logger.labelled("admission"))
        }
    }

    private static func admission(
        _ settings: Settings,
        logger: Logger
    ) throws(SettingError) -> (file: AdmissionFile, bytes: [UInt8], settings: AdmissionSettings)? {
        guard let path = settings.admissionFile else { return nil }
        let file = AdmissionFile(path: path)
        do {
            let bytes = try file.bytes()
            let policy = try file.policy(of: bytes)
            logger.labelled("admission").info("callbacks are admitted", metadata: ["demands": "\(policy.summary)"])
            var admission = AdmissionSettings(policy)
            admission.tolerance = settings.signatureTolerance
            admission.replayWindow = settings.replayWindow
            return (file, bytes, admission)
        } catch {
            throw SettingError("\(Setting.authFile.key) (\(Setting.authFile.environmentVariable)): \(error)")
        }
    }

    private static func certificate(_ settings: Settings) throws(SettingError) -> TLSReload? {
        let (certificate, key) = (settings.tlsCertificateFile, settings.tlsKeyFile)
        let setting = certificate == nil ? Setting.httpTLSKeyFile : Setting.httpTLSCertificateFile
        guard let certificate, let key else {
            guard certificate == nil, key == nil else {
                let other = certificate == nil ? Setting.httpTLSCertificateFile : Setting.httpTLSKeyFile
                throw SettingError("\(setting.key) (\(setting.environmentVariable)) wants \(other.key) beside it")
            }
            return nil
        }
        do {
            return try TLSReload(TLSFiles(certificate: certificate, key: key))
        } catch {
            throw SettingError("\(setting.key) (\(setting.environmentVariable)): \(error)")
        }
    }

    private static func openJournal(_ settings: Settings, logger: Logger) async throws -> Journal {
        let journal: Journal
        do {
            journal = try await Journal.open(settings.journal)
        } catch {
            throw Failure("cannot open the journal (\(Setting.journalDirectory.key)): \(error)")
        }
        let recovery = journal.recovery
        if recovery.cutBytes > 0 || recovery.corruptBytes > 0 || recovery.missingRecords > 0 {
            logger.error("the journal was damaged", metadata: ["recovery": "\(recovery)"])
        }
        if recovery.unconfirmedRecords > 0 {
            logger.notice("a former run left records", metadata: ["records": "\(recovery.unconfirmedRecords)"])
        }
        return journal
    }

    /// In the order of their start; the gateway itself is the first to stop, when it has answered everything.
    var services: [any Service] {
        let correlator = correlator
        let receiver = receiver
        let watches: [(any Service)?] = [admission, certificate]
        return watches.compactMap(\.self) + [
            StoppableService { await correlator.run() },
            StoppableService { await receiver.run() },
            gateway,
        ]
    }
}

extension Logger {
    /// A logger of the same level for one part of the process.
    func labelled(_ part: String) -> Logger {
        var logger = Logger(label: "needrecord.\(part)")
        logger.logLevel = logLevel
        return logger
    }
}
