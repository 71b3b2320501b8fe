public import AMQP
internal import BusinessState
public import DecisionCore
public import Logging
public import Metrics
internal import NIOConcurrencyHelpers
public import Postgres
public import ServiceLifecycle
public import Tracing
public import Wire

/// Takes events from the broker in batches, decides them on the business state, and replies.
///
/// One loop, and batches that form by themselves: while one is worked on, deliveries gather, and the next batch is
/// whatever is there. When the line is idle an event is decided alone and at once. Each batch costs one statement, one
/// write of replies and one acknowledgement.
///
/// Replies and their acknowledgement go over one channel, in this order. So an event is acknowledged only where its
/// reply has reached the broker, and the events of a worker that dies are handed to another.
public final class DecisionWorker: Service {
    let configuration: WorkerConfiguration
    let topology: Topology
    private let amqp: AMQPConfiguration
    private let database: PostgresPool
    let now: @Sendable () -> Timestamp
    private let instruments: WorkerInstruments
    let tracer: (any Tracer)?
    private let logger: Logger
    let contended = ContendedEvents()
    private let inbox = DeliveryInbox()
    private let facts = FactsReader()
    private let quotas = QuotaDesk()
    private let shadows = ShadowStore()
    let returnedReplies: ReturnedReplies
    private let aftermaths: AsyncStream<Aftermath>
    private let aftermath: AsyncStream<Aftermath>.Continuation
    private let state: NIOLockedValueBox<State>

    private struct State: Sendable {
        var counters = WorkerCounters()
        var inHand = 0
        var revision: Int64?
        var outage: StateOutage<ContinuousClock.Instant>
        var consumer: AMQPConsumer?
        var isStopping = false
    }

    /// A worker that has not begun.
    ///
    /// - Parameters:
    ///   - configuration: Its settings.
    ///   - topology: The queues, which it declares.
    ///   - amqp: How to reach the broker.
    ///   - database: Connections that may read the business state.
    ///   - now: The civil clock.
    ///   - metrics: Takes how large batches are, how long they take and what budget their events have left.
    ///   - tracer: Takes the spans of batches; nil for none.
    ///   - logger: Takes what goes wrong; one line for each batch at trace level.
    public init(
        configuration: WorkerConfiguration,
        topology: Topology,
        amqp: AMQPConfiguration,
        database: PostgresPool,
        now: @escaping @Sendable () -> Timestamp,
        metrics: any MetricsFactory = MetricsSystem.factory,
        tracer: (any Tracer)? = nil,
        logger: Logger
    ) {
        self.configuration = configuration
        self.topology = topology
        self.amqp = amqp
        self.database = database
        self.now = now
        instruments = WorkerInstruments(factory: metrics)
        self.tracer = tracer
        self.logger = logger
        returnedReplies = ReturnedReplies(topology: topology, worker: configuration.name, now: now)
        let outage = StateOutage<ContinuousClock.Instant>(
            grace: configuration.stateGrace,
            pause: configuration.retryPause
        )
        state = NIOLockedValueBox(State(outage: outage))
        // Some seconds of batches: what cannot be worked off by then is counted and dropped, and no answer waits.
        (aftermaths, aftermath) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
    }

    /// What it has done so far.
    public var counters: WorkerCounters {
        var counters = state.withLockedValue { $0.counters }
        counters.undeliverableUnkept = returnedReplies.unkept
        counters.undeliverableTold = returnedReplies.told
        return counters
    }

    /// Events that it has taken and not finished. What is contended is not among them.
    public var eventsInHand: Int { state.withLockedValue { $0.inHand } + inbox.count }

    /// The revision of the rules in the last decision; nil before the first.
    public var ruleRevision: Int64? { state.withLockedValue { $0.revision } }

    /// Whether the business state could be read the last time that it was needed, or since.
    public var isStateReachable: Bool {
        state.withLockedValue { !$0.outage.isOngoing }
    }

    /// Whether events come in.
    public var isConsuming: Bool {
        state.withLockedValue { $0.consumer != nil }
    }

    /// Works until a graceful shutdown, which answers what was taken, or until the task is cancelled.
    public func run() async {
        let client = AMQPClient(
            configuration: amqp,
            logger: logger,
            onConnected: { try await self.begin(on: $0) },
            onDisconnected: { error in
                self.state.withLockedValue { $0.consumer = nil }
                // Cancelled: this is the end that was asked for.
                self.logger.log(
                    level: Task.isCancelled ? .debug : .warning,
                    "lost the broker",
                    metadata: ["error": "\(error)"]
                )
            }
        )
        async let end: Void = workOffAftermaths()
        await withTaskGroup { group in
            group.addTask { await client.run() }
            group.addTask {
                // Throws when the task is cancelled instead, and then there is nothing more to wait for either.
                try? await gracefulShutdown()
                await self.stopTaking()
            }
            group.addTask { await self.lookWhenQuiet() }
            async let end: Void = workOffContended()
            await self.work()
            contended.close()
            await end
            client.shutdown()
            group.cancelAll()
        }
        aftermath.finish()
        await end
    }

    // MARK: - Taking

    private func begin(on connection: AMQPConnection) async throws {
        try await topology.declare(on: connection)
        try await checkDatabase()
        let channel = try await connection.openChannel()
        // Without its channel or its queue the connection is of no use; the next one declares everything anew.
        channel.setCloseHandler { _ in connection.requestClose() }
        try await returnedReplies.begin(on: connection)
        channel.setReturnHandler { returned in
            let replies = self.returnedReplies.took(returned)
            self.count { $0.undeliverable += replies }
        }
        try await channel.setPrefetch(configuration.prefetch)
        let consumer = try await channel.consume(
            queue: topology.decisionsQueue,
            onDeliveries: { self.inbox.put($0, from: channel, of: connection) },
            onCancelled: { connection.requestClose() }
        )
        let isStopping = state.withLockedValue { state in
            state.consumer = consumer
            return state.isStopping
        }
        if isStopping { await stopTaking() }
        logger.info("deciding", metadata: ["queue": "\(topology.decisionsQueue)"])
    }

    /// A worker that can never decide must not take events from those that can. A database that is merely away is
    /// another matter: it may be back for the first event, and until then gateways are told that it is not.
    private func checkDatabase() async throws {
        let start = ContinuousClock.now
        do {
            try await database.withConnection(timeout: configuration.stateGrace) { connection in
                try await SchemaVersion.check(on: connection)
            }
        } catch let error as PostgresError where error.isRetriable {
            // Otherwise nobody would know of it before the first event.
            state.withLockedValue { _ = $0.outage.readFailed(start: start, now: .now, limit: .now) }
            logger.warning("begins without the database", metadata: ["error": "\(error)"])
        }
    }

    private func stopTaking() async {
        let consumer = state.withLockedValue { state in
            state.isStopping = true
            return state.consumer.take()
        }
        // What the broker has handed out already is in the inbox once the cancellation is through.
        try? await consumer?.cancel()
        inbox.close()
    }

    // MARK: - Deciding

    private func work() async {
        var executor = database.taskExecutor
        // What a batch waits for is the database: on the thread of its connection nobody else has to be woken for that.
        while await withTaskExecutorPreference(executor, operation: { await work(on: executor) }) {
            executor = database.taskExecutor
        }
    }

    /// Works until the inbox is closed, or another connection will be lent.
    ///
    /// - Returns: Whether to go on.
    private func work(on executor: (any TaskExecutor)?) async -> Bool {
        while let taken = await inbox.take() {
            let takenAt = ContinuousClock.now
            let trace = tracer.map { BatchTrace($0, topology: topology) }
            state.withLockedValue { $0.inHand = taken.deliveries.count }
            let civil = now()
            var batch = DecisionBatch(taken.deliveries, now: civil, topology: topology, worker: configuration.name)
            instruments.took(
                taken.deliveries.count,
                late: batch.counters.expiredBeforeReading,
                remaining: batch.requests.lazy.map { $0.deadline.duration(since: civil) }
            )
            let replies = await replies(for: &batch, takenAt: takenAt)
            let decided = ContinuousClock.now
            returnedReplies.replying(to: batch.requests)
            let isFinished = finish(taken, publishing: batch.deadLetters + replies.messages)
            let whole = takenAt.duration(to: .now)
            if isFinished {
                wait(for: batch.contended, of: taken)
                trace?.end(
                    batch,
                    of: taken.deliveries.count,
                    reading: replies.reading,
                    isRead: replies.isRead,
                    decided: decided
                )
            }
            settle(batch)
            state.withLockedValue { $0.inHand = 0 }
            instruments.finished(in: whole)
            guard database.taskExecutor === executor else { return true }
        }
        return false
    }

    /// - Returns: Whether the deliveries are done with; otherwise they have gone back.
    private func finish(_ taken: DeliveryInbox.Batch, publishing messages: [AMQPMessage]) -> Bool {
        guard let last = taken.deliveries.last?.deliveryTag else { return true }
        guard !taken.connection.isBlocked else {
            // No reply gets through: the events go back, for whoever can answer them, or to expire.
            taken.channel.reject(last, requeue: true, multiple: true)
            return false
        }
        taken.channel.publish(messages)
        taken.channel.acknowledge(last, multiple: true)
        return true
    }

    /// Counts what has become of a batch, and leaves the rest of the work for afterwards.
    func settle(_ batch: DecisionBatch) {
        state.withLockedValue { state in
            state.counters.add(batch.counters)
            state.revision = batch.revision ?? state.revision
        }
        if !batch.aftermath.isEmpty, case .dropped(let dropped) = aftermath.yield(batch.aftermath) {
            count { $0.shadowDropped += dropped.comparisons.count }
            if !dropped.undelivered.isEmpty {
                logger.warning("reservations stay", metadata: ["events": "\(dropped.undelivered.count)"])
            }
        }
    }

    /// What a batch is replied, and how its facts were read.
    private struct Replies {
        var messages: [AMQPMessage] = []
        /// Nil when there was nothing to decide.
        var reading: Range<ContinuousClock.Instant>?
        var isRead = false
    }

    private func replies(for batch: inout DecisionBatch, takenAt: ContinuousClock.Instant) async -> Replies {
        guard let longest = batch.longestRemaining(now: now()) else { return Replies() }
        // A deadline further away than that is a sender's mistake, and must not hold up everybody else's events.
        let remaining = min(longest, topology.answerBudget)
        let limit = ContinuousClock.now.advanced(by: remaining - configuration.replyReserve)
        let readingBegan = ContinuousClock.now
        var asked: [EventID] = []
        repeat {
            let start = ContinuousClock.now
            do {
                let decidedAt = now()
                let (facts, contended) = try await facts(
                    for: batch,
                    asked: &asked,
                    decidedAt: decidedAt,
                    from: start,
                    until: limit
                )
                readSucceeded()
                let reading = readingBegan..<ContinuousClock.now
                instruments.read(in: reading.lowerBound.duration(to: reading.upperBound))
                let messages = batch.decide(
                    facts,
                    except: contended,
                    decidedAt: decidedAt,
                    now: now(),
                    times: { WorkerTimes(takenAt: takenAt, reading: reading) }
                )
                return Replies(messages: messages, reading: reading, isRead: true)
            } catch {
                guard readFailed(error, start: start, limit: limit) else { break }
                try? await Task.sleep(for: configuration.retryPause)
            }
        } while !Task.isCancelled
        let reading = readingBegan..<ContinuousClock.now
        instruments.read(in: reading.lowerBound.duration(to: reading.upperBound))
        let messages = batch.fail(.stateUnavailable, asked: asked, now: now()) {
            WorkerTimes(takenAt: takenAt, reading: reading)
        }
        return Replies(messages: messages, reading: reading)
    }

    /// Reads the facts of a batch, and takes the reservations that its decisions need. Asked again after a failure, a
    /// quota finds what it has granted already.
    ///
    /// - Parameter asked: Becomes the events that a quota was asked for, whatever comes of it.
    /// - Returns: For each request the facts, and the places of those that are contended.
    func facts(
        for batch: DecisionBatch,
        asked: inout [EventID],
        decidedAt: Timestamp,
        from start: ContinuousClock.Instant,
        until limit: ContinuousClock.Instant
    ) async throws -> (facts: [EventFacts], contended: Set<Int>) {
        // Without a connection the pool waits for as long as it may, and the gateways with it.
        let patience = state.withLockedValue { $0.outage.patience(now: start, limit: limit) }
        return try await database.withConnection(timeout: patience) { connection in
            func remaining() -> Duration { max(.milliseconds(1), ContinuousClock.now.duration(to: limit)) }
            var facts = try await self.facts.facts(
                for: batch.requests.map(\.event),
                on: connection,
                now: decidedAt,
                timeout: remaining()
            )
            let asks = batch.asks(facts, decidedAt: decidedAt)
            let questions = asks.filter { !$0.isTaking }
            let standings = try await quotas.standing(
                questions.map(\.ask),
                on: connection,
                now: decidedAt,
                timeout: remaining()
            )
            for (question, standing) in zip(questions, standings) {
                facts[question.index].live.reservation = standing
            }
            let taking = asks.filter(\.isTaking)
            guard !taking.isEmpty else { return (facts, []) }
            asked = taking.map(\.ask.event.id)
            let reservations = try await quotas.reserve(
                taking.map(\.ask),
                on: connection,
                now: decidedAt,
                timeout: remaining()
            )
            var contended: Set<Int> = []
            for (ask, reservation) in zip(taking, reservations) {
                if let reservation {
                    facts[ask.index].live.reservation = reservation
                } else {
                    contended.insert(ask.index)
                }
            }
            return (facts, contended)
        }
    }

    private func readSucceeded() {
        let wasOutage = state.withLockedValue { state in
            defer { state.outage.readSucceeded() }
            return state.outage.isOngoing
        }
        if wasOutage { logger.info("the business state can be read again") }
    }

    /// Whether to pause and read again.
    private func readFailed(
        _ error: any Error,
        start: ContinuousClock.Instant,
        limit: ContinuousClock.Instant
    ) -> Bool {
        let (isNew, mayRetry) = state.withLockedValue { state in
            let isNew = !state.outage.isOngoing
            return (isNew, state.outage.readFailed(start: start, now: .now, limit: limit))
        }
        let isRetriable = (error as? PostgresError)?.isRetriable ?? false
        if isNew {
            logger.error("cannot read the business state", metadata: ["error": "\(String(reflecting: error))"])
        }
        return mayRetry && isRetriable
    }

    /// Where no event comes, nobody else would notice that the database is back.
    private func lookWhenQuiet() async {
        let timeout = Duration.seconds(1)
        while (try? await Task.sleep(for: timeout)) != nil {
            guard state.withLockedValue({ $0.outage.isStale(now: .now) }) else { continue }
            do {
                try await database.withConnection(timeout: timeout) { connection in
                    try await facts.check(on: connection, now: now(), timeout: timeout)
                }
                readSucceeded()
            } catch {
                logger.debug("still cannot read the business state", metadata: ["error": "\(error)"])
            }
        }
    }

    // MARK: - Afterwards

    private func workOffAftermaths() async {
        var isDatabaseLost = false
        for await aftermath in aftermaths {
            let (count, differences) = aftermath.compare()
            self.count { counters in
                counters.shadowDecided += count
                counters.shadowDifferent += differences.count
            }
            do {
                // A process that stops does not wait for a database that is away, batch by batch.
                if isDatabaseLost, state.withLockedValue({ $0.isStopping }) { throw CancellationError() }
                try await keep(differences, releasing: aftermath.undelivered)
                isDatabaseLost = false
            } catch {
                isDatabaseLost = true
                // A reservation that stays ends with its stream, or expires.
                self.count { $0.shadowDropped += differences.count }
                logger.warning("work after an answer is lost", metadata: ["error": "\(error)"])
            }
        }
    }

    private func keep(_ differences: [ShadowDifference], releasing undelivered: [EventID]) async throws {
        guard !differences.isEmpty || !undelivered.isEmpty else { return }
        let timeout = Duration.seconds(1)
        try await database.withConnection(timeout: timeout) { connection in
            if !undelivered.isEmpty {
                try await quotas.releaseUndelivered(undelivered, on: connection, timeout: timeout)
            }
            if !differences.isEmpty { try await shadows.keep(differences, on: connection, timeout: timeout) }
        }
    }

    func count(_ change: (inout WorkerCounters) -> Void) {
        state.withLockedValue { change(&$0.counters) }
    }
}
