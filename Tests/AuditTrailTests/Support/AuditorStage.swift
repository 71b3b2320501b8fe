import AMQP
import AuditTrail
import DecisionCore
import Foundation
import Logging
import NIOConcurrencyHelpers
import Postgres
import ServiceLifecycle
import TestSupport
import Wire

/// A database and a topology for auditors, and a gateway's side of the stream.
struct AuditorStage: Sendable {
    let database: ProductDatabase
    let topology: Topology

    /// Runs `body` with a stage of its own.
    ///
    /// - Parameters:
    ///   - isMigrated: Whether the database has the product's schema.
    ///   - outcomesMaximumBytes: How much the stream keeps.
    static func with(
        isMigrated: Bool = true,
        outcomesMaximumBytes: Int = Topology().outcomesMaximumBytes,
        _ body: (AuditorStage) async throws -> Void
    ) async throws {
        try await ProductBroker.withTopology { topology in
            var topology = topology
            topology.outcomesMaximumBytes = outcomesMaximumBytes
            try await ProductBroker.withConnection { try await topology.declare(on: $0) }
            try await ProductDatabase.with(isMigrated: isMigrated) { database in
                try await body(AuditorStage(database: database, topology: topology))
            }
        }
    }

    /// Runs `body` with an auditor; afterwards it is stopped as by SIGTERM.
    func running(
        _ name: String = "auditor-1",
        role: String = "needrecord_auditor",
        logger: Logger = ProductDatabase.logger,
        _ configure: (inout AuditorConfiguration) -> Void = { _ in },
        body: (RunningAuditor) async throws -> Void
    ) async throws {
        let auditor = try RunningAuditor(name, self, role: role, logger: logger, configure)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await auditor.group.run() }
            try await body(auditor)
            await auditor.group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    // MARK: - The stream

    /// Publishes notices as a gateway does, and waits until the stream has them.
    func publish(_ notices: [Notice]) async throws {
        try await publish(notices.map { $0.message(topology) })
    }

    /// Publishes messages, and waits until the broker has them.
    func publish(_ messages: [AMQPMessage]) async throws {
        let outcomes = NIOLockedValueBox<[AMQPPublishOutcome]>([])
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            let publisher = try await channel.makePublisher(
                onOutcomes: { (batch: [(token: Int, outcome: AMQPPublishOutcome)]) in
                    outcomes.withLockedValue { $0 += batch.map(\.outcome) }
                }
            )
            publisher.publish(messages.enumerated().map { ($1, $0) })
            try await eventually("the confirms") { outcomes.withLockedValue { $0.count } == messages.count }
        }
        let lost = outcomes.withLockedValue { $0.filter { $0 != .confirmed } }
        guard lost.isEmpty else { throw TestFailure("not in the stream: \(lost)") }
    }

    /// Takes what is in the dead queue, once there are so many.
    func deadLetters(_ count: Int) async throws -> [AMQPDelivery] {
        let taken = NIOLockedValueBox<[AMQPDelivery]>([])
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            _ = try await channel.consume(
                queue: topology.deadQueue,
                noAcknowledge: true,
                onDeliveries: { deliveries in taken.withLockedValue { $0 += deliveries } }
            )
            try await eventually("\(count) dead letters") { taken.withLockedValue { $0.count } >= count }
        }
        return taken.withLockedValue { $0 }
    }

    // MARK: - The database

    /// The only value of a query, as the owner.
    func value<Value: PostgresDecodable>(_ query: PostgresQuery, as type: Value.Type = Int.self) async throws -> Value {
        try await database.withConnection { try await $0.query(query)[0].decode(Value.self) }
    }

    /// The first column of a query, as the owner.
    func texts(_ query: PostgresQuery) async throws -> [String] {
        try await database.withConnection { try await $0.query(query).map { try $0.decode(String.self, at: 0) } }
    }

    /// Waits until the place in the stream is here.
    func place(_ offset: Int) async throws {
        try await eventually("offset \(offset)") {
            try await value("SELECT coalesce(max(next_offset), -1) FROM needrecord.projections") == offset
        }
    }

    /// How many rows all notices have together.
    func rowCount() async throws -> Int {
        try await value(
            """
            SELECT (SELECT count(*) FROM needrecord.recording_statuses) + (SELECT count(*) FROM needrecord.recorded_files)
                + (SELECT count(*) FROM needrecord.ingest_statuses)
            """
        )
    }

    /// Lets a stream be recorded under a quota for all, as a worker does.
    func reserve(stream: String = "teststream", at time: Timestamp = .example) async throws {
        let moment = PostgresTimestamp(microsecondsSinceEpoch: time.millisecondsSinceEpoch * 1_000)
        try await database.withConnection { owner in
            try await owner.execute(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('q', 'group', 1000)
                ON CONFLICT DO NOTHING
                """
            )
            try await owner.execute(
                """
                SELECT needrecord.reserve(
                    ARRAY['test.com'], ARRAY['test123'], ARRAY[\(stream)::text], ARRAY['q'], ARRAY[1::bigint],
                    ARRAY[gen_random_uuid()], ARRAY[\(moment)::timestamptz], \(moment)::timestamptz
                )
                """
            )
        }
    }

    /// What the quota was charged.
    func chargedMilliseconds() async throws -> Int {
        try await value("SELECT coalesce(sum(recorded_milliseconds), 0)::bigint FROM needrecord.quota_months")
    }

    /// Ends the sessions of an auditor, as the end of its machine or of the server's process does.
    func endSessions(of auditor: RunningAuditor) async throws {
        let name = auditor.applicationName
        let ended = try await value(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = \(name)"
        )
        guard ended == 1 else { throw TestFailure("\(ended) sessions of \(name)") }
    }

    /// Runs `body` while no transaction that writes a file can be committed: each waits in its COMMIT.
    func holdingCommits(_ body: () async throws -> Void) async throws {
        try await database.withConnection { owner in
            try await owner.simpleQuery(
                """
                CREATE FUNCTION public.wait_in_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_advisory_xact_lock(4711);
                    RETURN NULL;
                END
                $$;
                CREATE CONSTRAINT TRIGGER held AFTER INSERT ON needrecord.recorded_files
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.wait_in_commit();
                """
            )
            try await owner.execute("SELECT pg_advisory_lock(4711)")
            try await body()
            try await owner.execute("SELECT pg_advisory_unlock(4711)")
        }
    }

    /// Waits until an auditor has written a file and cannot commit it.
    func commitToWait() async throws {
        try await eventually("a commit that waits") {
            try await value("SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'advisory'")
                == 1
        }
    }
}
