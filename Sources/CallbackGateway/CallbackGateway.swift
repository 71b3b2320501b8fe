public import AMQP
public import DecisionCore
internal import HummingbirdCore
public import Logging
public import Metrics
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import OutcomeJournal
public import ServiceLifecycle
public import Tracing
public import Wire

/// The callback gateway: takes the platform's questions over HTTP, publishes them as events, and answers each within
/// the budget; and takes its notices, which are answered with success only once the broker keeps them.
///
/// It has no access to the database, and it is handed what waits for replies: ``ReplyAwaiting``.
public final class CallbackGateway: Service {
    private let configuration: GatewayConfiguration
    private let topology: Topology
    private let amqp: AMQPConfiguration
    private let logger: Logger
    private let publisher: EventPublisher
    private let desk: CallbackDesk
    private let noticePublisher: ConfirmedPublisher
    /// For outcomes that the journal does not take.
    private let directPublisher: ConfirmedPublisher
    private let noticeDesk: NoticeDesk
    private let outcomeDesk: OutcomeDesk
    private let outcomePublisher: OutcomePublisher
    private let lateDesk: LateDesk
    private let admission: AdmissionDesk?
    private let journal: Journal
    private let date: HTTPDate
    private let onListening: @Sendable (_ port: Int) -> Void

    /// A gateway that does not listen yet.
    ///
    /// - Parameters:
    ///   - configuration: Its settings.
    ///   - topology: Where events go; the gateway declares it.
    ///   - amqp: How to reach the broker for publishing.
    ///   - replies: Where questions wait for their replies.
    ///   - journal: Where outcomes are kept until the broker has them. The gateway closes it when it has stopped.
    ///   - now: The civil clock.
    ///   - metrics: Takes how long answers take.
    ///   - tracer: Takes the spans of callbacks; nil for none.
    ///   - logger: Takes what goes wrong; every fallback at warning, every decision at debug.
    ///   - onListening: Called with the port once callbacks are taken.
    public init(
        configuration: GatewayConfiguration,
        topology: Topology,
        amqp: AMQPConfiguration,
        replies: any ReplyAwaiting,
        journal: Journal,
        now: @escaping @Sendable () -> Timestamp,
        metrics: any MetricsFactory = MetricsSystem.factory,
        tracer: (any Tracer)? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.topology = topology
        self.amqp = amqp
        self.logger = logger
        self.onListening = onListening
        self.journal = journal
        let ids = EventIDSource()
        let run = GatewayRun(gateway: configuration.name, id: ids.next(now: now()))
        publisher = EventPublisher(
            configuration: configuration,
            topology: topology,
            run: run,
            replies: replies,
            logger: logger
        )
        directPublisher = ConfirmedPublisher(
            grace: nil,
            maximumWaiting: configuration.maximumPending,
            maximumSize: configuration.maximumPendingNoticeBytes,
            logger: logger
        )
        outcomeDesk = OutcomeDesk(
            journal: journal,
            publisher: directPublisher,
            topology: topology,
            run: run,
            ids: ids,
            now: now,
            logger: logger
        )
        outcomePublisher = OutcomePublisher(journal: journal, topology: topology, run: run, now: now, logger: logger)
        lateDesk = LateDesk(configuration: configuration, topology: topology, now: now)
        desk = CallbackDesk(
            configuration: configuration,
            replies: replies,
            publisher: publisher,
            outcomes: outcomeDesk,
            late: lateDesk,
            ids: ids,
            now: now,
            topology: topology,
            instruments: AnswerInstruments(factory: metrics),
            tracer: tracer,
            logger: logger
        )
        noticePublisher = ConfirmedPublisher(
            grace: configuration.brokerGrace,
            maximumWaiting: configuration.maximumPending,
            maximumSize: configuration.maximumPendingNoticeBytes,
            logger: logger
        )
        noticeDesk = NoticeDesk(
            configuration: configuration,
            topology: topology,
            publisher: noticePublisher,
            ids: ids,
            now: now,
            logger: logger
        )
        admission = configuration.admission.map {
            AdmissionDesk(
                $0,
                now: now,
                logsWholeAddresses: configuration.logsWholeClientAddresses,
                logger: logger
            )
        }
        date = HTTPDate(now: now)
    }

    /// What has been answered so far.
    public var counters: GatewayCounters { desk.counters }

    /// What has become of notices so far.
    public var noticeCounters: NoticeCounters { noticeDesk.counters }

    /// What has become of outcomes so far.
    public var outcomeCounters: OutcomeCounters {
        var counters = outcomeDesk.counters
        (counters.messagesConfirmed, counters.messagesLost) = outcomePublisher.messageCounts
        let status = journal.status
        counters.waiting = status.unconfirmedRecords
        counters.journalBytes = status.bytes
        counters.oldestWaiting = Int(status.oldestUnconfirmedAge?.components.seconds ?? 0)
        return counters
    }

    /// What has become of late decisions so far.
    public var lateCounters: LateCounters { lateDesk.counters }

    /// What has become of the admission of callbacks so far.
    public var admissionCounters: AdmissionCounters { admission?.counters ?? AdmissionCounters() }

    /// Nil when callbacks are taken from anybody; else `ok`, or `outdated` when other demands were to be made and could
    /// not be read.
    public var admissionState: String? {
        admission.map { $0.isOutdated ? "outdated" : "ok" }
    }

    /// From now on callbacks are taken by this policy. It needs a gateway that was set up with one.
    public func replaceAdmission(_ policy: AdmissionPolicy) {
        admission?.replace(policy)
    }

    /// A policy that was to take the place of the former one cannot be read; the former one goes on.
    public func admissionReplacementFailed() {
        admission?.replacementFailed()
    }

    /// Whether the gateway has been told to stop: callbacks should go elsewhere.
    public var isLeaving: Bool { desk.isLeaving }

    /// Whether new callbacks get the default because the gateway is stopping.
    public var isDraining: Bool { desk.isDraining }

    /// `ok` while events are published and replies come back, as far as is known; else what new callbacks are answered
    /// the default for, or that they wait for the broker.
    public var brokerState: String {
        if let refusal = publisher.refusal { return refusal.rawValue }
        return publisher.isReady ? "ok" : "interrupted"
    }

    /// Why new notices are not kept at once; nil while they are published, or wait for the broker to come back. They have
    /// a connection less than callbacks, and so a grace period of their own.
    public var noticeRefusal: NotKeptCause? { noticePublisher.refusal }

    /// Replies are taken from this queue from now on.
    public func repliesUp(queue: String) {
        publisher.repliesUp(queue: queue)
    }

    /// No replies are taken for the time being.
    public func repliesDown() {
        publisher.repliesDown()
    }

    /// Replies have come to questions that had ended without them.
    public func repliesLate(_ replies: [LateReply]) {
        outcomeDesk.keep(replies)
        lateDesk.came(replies)
    }

    /// Somebody has told of decisions that came too late.
    ///
    /// - Parameters:
    ///   - answers: The decisions, with the lengths of their messages in bytes.
    ///   - malformed: How many messages besides could not be understood.
    public func lateAnswersTold(_ answers: [(answer: LateAnswer, length: Int)], malformed: Int) {
        lateDesk.told(answers, malformed: malformed)
    }

    /// Serves until a graceful shutdown, or until the task is cancelled.
    ///
    /// After a graceful shutdown it goes on for ``GatewayConfiguration/drainDelay``, so that callbacks can be sent elsewhere;
    /// then it takes no new connections and answers what is in flight.
    ///
    /// - Throws: When the port cannot be listened on.
    public func run() async throws {
        let client = AMQPClient(
            configuration: amqp,
            logger: logger,
            onConnected: { try await self.begin(on: $0) },
            onDisconnected: { error in
                self.publisher.eventsDown()
                self.noticePublisher.eventsDown()
                self.outcomePublisher.eventsDown()
                self.directPublisher.eventsDown()
                self.lateDesk.eventsDown()
                // Cancelled: this is the end that was asked for.
                self.logger.log(
                    level: Task.isCancelled ? .debug : .warning,
                    "lost the broker",
                    metadata: ["error": "\(error)"]
                )
            }
        )
        let server = makeServer()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            group.addTask { await self.publisher.run() }
            group.addTask { await self.noticePublisher.run() }
            group.addTask { await self.outcomePublisher.run() }
            group.addTask { await self.directPublisher.run() }
            group.addTask { await self.outcomeDesk.run() }
            group.addTask { await self.lateDesk.run() }
            try await serve(server)
            // Everything in flight is answered, unless its connection has ended. What is queued for the broker still gets there.
            await self.endJournal()
            client.shutdown()
            try await group.next()
            group.cancelAll()
        }
    }

    private func serve(_ server: any Service) async throws {
        // A group of its own, in a task that knows of no other shutdown: it stops later than the gateway is told to.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: server,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                logger: logger
            )
        )
        // Cancelled, it ends as well as it can: what has been answered is still to be kept.
        let serving = Task.detached { do { try await group.run() } catch is CancellationError {} }
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await serving.value }
                tasks.addTask {
                    // Throws when serving has ended by itself, or the task is cancelled.
                    guard (try? await gracefulShutdown()) != nil else { return try await serving.value }
                    self.desk.leave()
                    try? await Task.sleep(for: self.configuration.drainDelay)
                    self.desk.drain()
                    self.noticeDesk.drain()
                    await group.triggerGracefulShutdown()
                    try await serving.value
                }
                defer { tasks.cancelAll() }
                try await tasks.next()
            }
        } onCancel: {
            serving.cancel()
        }
    }

    private func endJournal() async {
        var deadline = ContinuousClock.now + configuration.journalDrain
        var closing = Duration.seconds(5)
        if await !outcomeDesk.settle(until: deadline) {
            if journal.status.queuedRecords > 0 {
                // It gets its time while there is a way to the broker: what it refuses in the end is to go there, and what
                // it writes, too.
                logger.warning("waiting for the journal's disk")
                _ = await outcomeDesk.settle(until: .now + closing)
                closing = .milliseconds(100)
            }
            await giveUpHeldOutcomes()
        }
        await outcomeDesk.closeBooks()
        // The minute that was just closed is to get there, too.
        deadline = max(deadline, .now + .seconds(1))
        if await !outcomePublisher.drain(until: deadline) {
            let waiting = journal.status.unconfirmedRecords
            logger.warning("records stay in the journal until the next start", metadata: ["records": "\(waiting)"])
        }
        await journal.close(within: closing)
    }

    private func giveUpHeldOutcomes() async {
        guard outcomeDesk.counters.held > 0 else { return }
        directPublisher.stop()
        // They are told of it in their own tasks.
        guard await !outcomeDesk.settle(until: .now + .seconds(1)) else { return }
        let outcomes = outcomeDesk.counters.held
        logger.critical("the journal's disk is not done", metadata: ["outcomes": "\(outcomes)"])
    }

    private func begin(on connection: AMQPConnection) async throws {
        try await topology.declare(on: connection)
        let opener: EventChannel.Opener = { try await self.eventChannel(on: connection, onOutcomes: $0) }
        let events = try await publisher.open(opener)
        let notices = try await publisher(on: connection) { self.noticePublisher.settle($0) }
        let outcomes = try await publisher(on: connection) { self.outcomePublisher.settle($0) }
        let direct = try await publisher(on: connection) { self.directPublisher.settle($0) }
        let late = try await connection.openChannel()
        late.setCloseHandler { _ in connection.requestClose() }
        lateDesk.eventsUp(late, of: connection)
        connection.setBlockedHandler { reason in
            self.publisher.setBlocked(reason != nil)
            self.noticePublisher.setBlocked(reason != nil)
            self.outcomePublisher.setBlocked(reason != nil)
            self.directPublisher.setBlocked(reason != nil)
            if let reason { self.logger.error("the broker takes no messages", metadata: ["reason": "\(reason)"]) }
        }
        publisher.eventsUp(events.channel, number: events.number, opener: opener)
        noticePublisher.eventsUp(notices)
        outcomePublisher.eventsUp(outcomes)
        directPublisher.eventsUp(direct)
        logger.info("publishing", metadata: ["exchange": "\(topology.exchange)"])
    }

    private func eventChannel(
        on connection: AMQPConnection,
        onOutcomes: @escaping EventChannel.OutcomeHandler
    ) async throws -> EventChannel {
        let (channel, publisher) = try await channel(on: connection, onOutcomes: onOutcomes)
        return EventChannel(publisher: publisher) { await Self.closeAlone(channel) }
    }

    /// A publisher on a channel of its own.
    private func publisher<Token: Sendable>(
        on connection: AMQPConnection,
        onOutcomes: @escaping @Sendable ([(token: Token, outcome: AMQPPublishOutcome)]) -> Void
    ) async throws -> AMQPPublisher<Token> {
        try await channel(on: connection, onOutcomes: onOutcomes).publisher
    }

    private func channel<Token: Sendable>(
        on connection: AMQPConnection,
        onOutcomes: @escaping @Sendable ([(token: Token, outcome: AMQPPublishOutcome)]) -> Void
    ) async throws -> (channel: AMQPChannel, publisher: AMQPPublisher<Token>) {
        let channel = try await connection.openChannel()
        // Without its channel the connection is of no use; the next one declares everything anew.
        channel.setCloseHandler { _ in connection.requestClose() }
        do {
            return (channel, try await channel.makePublisher(onOutcomes: onOutcomes))
        } catch {
            await Self.closeAlone(channel)
            throw error
        }
    }

    /// Closes a channel, and the connection lives on.
    private static func closeAlone(_ channel: AMQPChannel) async {
        channel.setCloseHandler { _ in }
        await channel.close()
    }

    private func makeServer() -> any Service {
        let desk = desk
        let channel = CallbackChannel(
            configuration: configuration,
            responder: CallbackHandler(
                configuration: configuration,
                desk: desk,
                notices: noticeDesk,
                admission: admission
            ),
            admission: admission,
            date: date,
            rejected: { desk.countRejection(status: Int($0.code)) }
        )
        return channel.server(
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                backlog: 1_024,
                availableConnectionsDelegate: .maximum(configuration.maximumConnections, logger: logger)
            ),
            onServerRunning: { channel in self.onListening(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
    }
}
