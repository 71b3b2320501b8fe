internal import AMQP
internal import BusinessState
internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import Postgres
internal import ServiceLifecycle
internal import StreamReading
internal import Wire

extension Auditor {
    /// The most bytes of messages that are written in one transaction. While a backlog is worked off, what is made of them
    /// takes many times that in memory.
    private static let maximumBatchBytes = 4 << 20

    private var store: ProjectionStore { ProjectionStore(stream: topology.outcomesStream) }

    /// Waits for its turn to lead, and leads until it is told to stop.
    ///
    /// - Parameter attempt: Which of the broker's endpoints to try.
    /// - Throws: Why it cannot lead or go on leading.
    func serve(attempt: Int) async throws {
        let database = try await cancelWhenGracefulShutdown {
            try await PostgresConnection.connect(self.database, logger: self.logger)
        }
        do {
            let position = try await cancelWhenGracefulShutdown { try await self.awaitTurn(on: database) }
            let broker = try await cancelWhenGracefulShutdown { try await self.connectToBroker(attempt: attempt) }
            do {
                try await lead(from: position, on: database, broker)
            } catch {
                await broker.close()
                throw error
            }
            await broker.close()
        } catch {
            await database.close()
            throw error
        }
        await database.close()
    }

    private func awaitTurn(on database: PostgresConnection) async throws -> StreamPosition {
        try await SchemaVersion.check(on: database)
        while try await !store.takeLock(on: database) {
            change { state in
                state.standing = .standby
                state.lag.stoodBy()
            }
            try await Task.sleep(for: configuration.pulse)
        }
        return try await store.position(on: database)
    }

    private func connectToBroker(attempt: Int) async throws -> AMQPConnection {
        let endpoints = amqp.endpoints
        let endpoint = endpoints.isEmpty ? nil : endpoints[attempt % endpoints.count]
        return try await AMQPConnection.connect(amqp, endpoint: endpoint, logger: logger)
    }

    // MARK: - Leading

    private func lead(
        from position: StreamPosition,
        on database: PostgresConnection,
        _ broker: AMQPConnection
    ) async throws {
        let inbox = StreamInbox()
        let channel = try await read(from: position, on: broker, into: inbox)
        let letters = try await DeadLetterDesk(channel)
        termBegan(position)
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { await self.keepHouse(on: database, orEnd: inbox) }
                if !position.isConfirmed { group.addTask { await self.listenForSilence(in: inbox) } }
                try await withTaskCancellationOrGracefulShutdownHandler {
                    try await self.project(inbox, from: position, channel, letters, database)
                } onCancelOrGracefulShutdown: {
                    inbox.end()
                }
                group.cancelAll()
            }
        } catch let error as AuditorError where error.code == .streamBegunAnew {
            try await store.beginAnew(after: position, on: database)
            change { $0.counters.streamsBegunAnew += 1 }
            logger.critical(
                "the stream is not the one that was read before, and is read from its beginning",
                metadata: [
                    "stream": "\(topology.outcomesStream)", "offset": "\(position.next)", "reason": "\(error.detail)",
                ]
            )
            throw error
        }
    }

    private func read(
        from position: StreamPosition,
        on broker: AMQPConnection,
        into inbox: StreamInbox
    ) async throws -> AMQPChannel {
        try await topology.declare(on: broker)
        let channel = try await broker.openChannel()
        try await channel.setPrefetch(configuration.prefetch)
        _ = try await channel.consume(
            queue: topology.outcomesStream,
            arguments: ["x-stream-offset": .int64(position.first)],
            onDeliveries: { inbox.put($0) },
            onCancelled: {
                inbox.end(AuditorError(.consumerEnded, channel.endError?.description ?? "the stream is gone"))
            }
        )
        return channel
    }

    private func project(
        _ inbox: StreamInbox,
        from position: StreamPosition,
        _ channel: AMQPChannel,
        _ letters: DeadLetterDesk,
        _ database: PostgresConnection
    ) async throws {
        var position = position
        while let deliveries = try await inbox.take(maximumBytes: Self.maximumBatchBytes) {
            let batch = try ProjectionBatch(
                deliveries,
                after: position,
                topology: topology,
                auditor: configuration.name,
                now: now(),
                keptFrom: configuration.keptFrom(now: now())
            )
            try await project(batch, letters, database)
            position = batch.position
            position.accountedForMissed()
            change { $0.place = position.next }
            if let last = deliveries.last { channel.acknowledge(last.deliveryTag, multiple: true) }
        }
    }

    private func project(
        _ batch: ProjectionBatch,
        _ letters: DeadLetterDesk,
        _ database: PostgresConnection
    ) async throws {
        let received = batch.notices.map(\.receivedAt) + batch.records.compactMap(\.receivedAt)
        change { $0.lag.took(oldest: received.min()) }
        if !batch.isEmpty {
            // Lost letters could not be found again once the place has moved on.
            try await letters.send(batch.deadLetters)
            let start = ContinuousClock.now
            do {
                try await write(batch, database)
            } catch let error as PostgresError where error.isRefusal {
                try await writeOneByOne(batch, letters, database)
            }
            instruments.wrote(batch.notices.count + batch.records.count, in: start.duration(to: .now))
        }
        let now = now()
        change { $0.lag.wrote(newest: received.max(), now: now) }
        if batch.missed > 0 {
            logger.critical(
                "the stream's retention has removed messages that nobody had read",
                metadata: ["missed": "\(batch.missed)", "from_offset": "\(batch.previousOffset)"]
            )
        }
    }

    private func write(_ batch: ProjectionBatch, _ database: PostgresConnection) async throws {
        let events = batch.records.compactMap(\.outcomeID)
        for day in partitions.withLockedValue({ $0.missing(for: events) }) {
            try await store.prepare(day: day, on: database)
            partitions.withLockedValue { $0.prepared(day) }
        }
        let written = try await store.write(batch, on: database)
        change { $0.counters.add(written.counters) }
        if let first = written.conflicting.first {
            logger.critical(
                "callbacks have two outcomes that differ; the first one stays",
                metadata: ["event": "\(first)", "count": "\(written.conflicting.count)"]
            )
        }
    }

    /// Writes a batch that has data in it which the database refuses: all but that, which goes to the dead queue. What
    /// cannot be understood is there already.
    private func writeOneByOne(
        _ batch: ProjectionBatch,
        _ letters: DeadLetterDesk,
        _ database: PostgresConnection
    ) async throws {
        // A partition that somebody has dropped looks like bad data.
        partitions.withLockedValue { $0.pruned() }
        for single in try batch.split() {
            do {
                try await write(single, database)
            } catch let error as PostgresError where error.isRefusal {
                let refused = try await refused(single, error, database)
                // Those of records that cannot be understood are there already.
                try await letters.send(Array(refused.deadLetters.dropFirst(single.deadLetters.count)))
                try await write(refused, database)
                logger.error(
                    "the database refuses a message, or records of it, which are in the dead queue now",
                    metadata: [
                        "offset": "\(single.position.next - 1)",
                        "event": "\(single.notices.first?.id.description ?? "several")",
                        "error": "\(error)",
                    ]
                )
            }
        }
    }

    /// A message's records are refused one by one, a notice as a whole.
    private func refused(
        _ single: ProjectionBatch,
        _ error: PostgresError,
        _ database: PostgresConnection
    ) async throws -> ProjectionBatch {
        guard !single.records.isEmpty else { return try single.refused(error) }
        return try single.without(try await store.refusals(of: single, on: database))
    }

    private func termBegan(_ position: StreamPosition) {
        let now = now()
        change { state in
            state.standing = .leading
            state.place = position.next
            state.counters.terms += 1
            state.lag.began(isEmpty: position.isConfirmed, now: now)
        }
        logger.info("leads", metadata: ["stream": "\(topology.outcomesStream)", "offset": "\(position.next)"])
    }

    // MARK: - Beside it

    /// Looks after reservations, the session and the place, until the task is cancelled.
    private func keepHouse(on database: PostgresConnection, orEnd inbox: StreamInbox) async {
        var due = ContinuousClock.now
        do {
            while true {
                if due <= .now {
                    let done = try await store.keepHouse(
                        now: now(),
                        configuration,
                        on: database
                    )
                    if done.pruned > 0 { partitions.withLockedValue { $0.pruned() } }
                    change { $0.counters.add(done) }
                    due = .now + configuration.housekeepingInterval
                } else {
                    try await expectPlace(on: database)
                }
                try await Task.sleep(for: configuration.pulse)
            }
        } catch {
            inbox.end(error)
        }
    }

    /// Makes sure that the stored place is not before the one that this leader has come to: then somebody wants what was
    /// read to be read again, and nothing may come that would show it.
    private func expectPlace(on database: PostgresConnection) async throws {
        // Whatever is written meanwhile only moves the stored one on.
        let reached = place
        let stored = try await store.place(on: database) ?? 0
        guard stored >= reached else { throw AuditorError(.offsetMoved, "it is at \(stored), and was at \(reached)") }
    }

    /// Ends the term when the last message that was read before does not come again: then it is not in this stream.
    private func listenForSilence(in inbox: StreamInbox) async {
        do {
            try await Task.sleep(for: configuration.streamPatience)
        } catch {
            return
        }
        guard !inbox.hasReceived else { return }
        inbox.end(AuditorError(.streamBegunAnew, "nothing comes from the stored offset on"))
    }
}

extension AuditRecord {
    /// The event whose outcome it is; nil when it is something else.
    fileprivate var outcomeID: EventID? {
        if case .outcome(let outcome) = self { outcome.event.id } else { nil }
    }

    /// When it came in, where that says how far behind the database is.
    fileprivate var receivedAt: Timestamp? {
        if case .outcome(let outcome) = self { outcome.event.receivedAt } else { nil }
    }
}
