import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// However many workers ask at once, no quota is ever oversold, and nobody waits in a circle.
@Suite(.timeLimit(.minutes(3))) struct QuotaConcurrencyTests {
    private static let workers = 4
    private static let limit = 10

    /// Runs `body` with a pool for each worker, and a store for a person.
    private static func withWorkers(
        _ quotas: [Quota],
        _ body: (_ pools: [PostgresPool], _ scene: QuotaScene) async throws -> Void
    ) async throws {
        try await QuotaScene.with(quotas) { scene in
            var configuration = try scene.database.configuration(role: "needrecord_worker")
            configuration.sessionSettings = FactsReader.sessionSettings
            var pools: [PostgresPool] = []
            for _ in 0..<workers {
                pools.append(try PostgresPool(configuration: configuration, size: 2, logger: ProductDatabase.logger))
            }
            do {
                try await body(pools, scene)
            } catch {
                for pool in pools { await pool.close() }
                throw error
            }
            for pool in pools { await pool.close() }
        }
    }

    /// Reserves as a worker does: what is contended is asked for again, and the rest is done with.
    private static func reserve(_ asks: [ReservationAsk], _ pool: PostgresPool) async throws -> [Reservation] {
        var answers: [Reservation?] = Array(repeating: nil, count: asks.count)
        repeat {
            let open = answers.indices.filter { answers[$0] == nil }
            let said = try await pool.withConnection(timeout: .seconds(30)) { connection in
                try await QuotaDesk().reserve(
                    open.map { asks[$0] },
                    on: connection,
                    now: .example,
                    timeout: .seconds(30)
                )
            }
            for (index, answer) in zip(open, said) { answers[index] = answer }
            if answers.contains(nil) { try await Task.sleep(for: .milliseconds(2)) }
        } while answers.contains(nil)
        return answers.compactMap(\.self)
    }

    @Test func `In a thousand rounds of sixty-four streams each, asked for twice, ten are let through`() async throws {
        try await Self.withWorkers([.of(concurrent: Self.limit)]) { pools, scene in
            for round in 0..<1_000 {
                try await Self.round(round, pools)
                let live = try await scene.store.reservations(ReservationFilter())
                #expect(live.count == Self.limit)
                try await Self.end(live, scene)
            }
            #expect(try await scene.store.usage().map(\.concurrent.used) == [0])
            #expect(try await scene.store.reservations(ReservationFilter()).isEmpty)
        }
    }

    /// Each worker is asked for sixteen streams, and at the same time the platform asks another one for the same.
    private static func round(_ round: Int, _ pools: [PostgresPool]) async throws {
        let batches = (0..<workers).map { worker in
            (0..<16).map { "stream\(round)-\(worker)-\($0)" }
        }
        var granted: [String] = []
        var recorded: Set<String> = []
        try await withThrowingTaskGroup { group in
            for worker in 0..<workers {
                for streams in [batches[worker], batches[(worker + 1) % workers]] {
                    group.addTask {
                        let reservations = try await reserve(streams.map { .of($0) }, pools[worker])
                        return Array(zip(streams, reservations))
                    }
                }
            }
            for try await batch in group {
                for (stream, reservation) in batch {
                    if reservation.state == .granted { granted.append(stream) }
                    if reservation.isRoom { recorded.insert(stream) }
                }
            }
        }
        #expect(granted.count == limit)
        #expect(Set(granted).count == limit)
        #expect(recorded == Set(granted))
    }

    /// The platform tells that all of them are over, twice.
    private static func end(_ live: [StoredReservation], _ scene: QuotaScene) async throws {
        let query: PostgresQuery = """
            SELECT coalesce(sum(needrecord.apply_ingest(
                \(PostgresTimestamp(.after(.minutes(1))))::timestamptz, 'test.com', 'live', stream, 'publish_done',
                \(PostgresTimestamp(.after(.minutes(1))))::timestamptz
            )), 0)
            FROM unnest(\(live.map(\.stream))::text[]) AS stream
            """
        #expect(try await scene.auditor.value(Int.self, query) == live.count)
        #expect(try await scene.auditor.value(Int.self, query) == 0)
    }

    @Test func `While streams come and go there are never more than ten`() async throws {
        try await Self.withWorkers([.of(concurrent: Self.limit)]) { pools, scene in
            try await withThrowingTaskGroup { group in
                for (worker, pool) in pools.enumerated() {
                    group.addTask { try await Self.comeAndGo(worker, pool) }
                }
                group.addTask { try await Self.tell(500, scene) }
                let observer = Task { try await Self.mostAtOnce(scene) }
                do {
                    try await group.waitForAll()
                } catch {
                    observer.cancel()
                    throw error
                }
                observer.cancel()
                let most = try await observer.value
                #expect(most <= Self.limit)
                #expect(most > 0)
            }
            let left = try await scene.store.reservations(ReservationFilter())
            try await Self.end(left, scene)
            #expect(try await scene.store.usage().map(\.concurrent.used) == [0])
        }
    }

    /// Asks for streams that all workers are asked for, and gives up those that could not be answered in time.
    private static func comeAndGo(_ worker: Int, _ pool: PostgresPool) async throws {
        var random = SeededGenerator(seed: UInt64(worker))
        for _ in 0..<250 {
            let asks = (0..<Int.random(in: 1...16, using: &random)).map { _ in
                ReservationAsk.of("stream\(Int.random(in: 0..<40, using: &random))")
            }
            let late = zip(asks, try await reserve(asks, pool)).filter {
                $1.state == .granted && Bool.random(using: &random)
            }
            _ = try await pool.withConnection(timeout: .seconds(30)) { connection in
                try await QuotaDesk().releaseUndelivered(
                    late.map(\.0.event.id),
                    on: connection,
                    timeout: .seconds(30)
                )
            }
        }
    }

    /// Tells of streams that end, in transactions of many notices in any order, as the auditor's are.
    private static func tell(_ transactions: Int, _ scene: QuotaScene) async throws {
        var random = SeededGenerator(seed: 99)
        for _ in 0..<transactions {
            let streams = (0..<8).map { _ in "stream\(Int.random(in: 0..<40, using: &random))" }
            try await scene.auditor.withTransaction { _ in
                for stream in streams {
                    try await scene.ingest("publish_done", stream, at: .after(.minutes(1)))
                }
            }
        }
    }

    /// The most reservations that were live at any moment, until the task is cancelled.
    private static func mostAtOnce(_ scene: QuotaScene) async throws -> Int {
        try await scene.database.withConnection(role: "needrecord_reader") { reader in
            var most = 0
            let live = "SELECT count(*) FROM needrecord.reservations WHERE state IN ('reserved', 'recording')"
            do {
                while true { most = max(most, try await reader.value(Int.self, PostgresQuery(unescaped: live))) }
            } catch let error as PostgresError where error.code == .cancelled {
                return most
            }
        }
    }

    @Test func `Workers and notices that meet at the same streams and buckets never wait in a circle`() async throws {
        let quotas = (0..<6).map { Quota.of(concurrent: 1_000, scope: .app, name: "q\($0)") }
        try await Self.withWorkers(quotas) { pools, scene in
            let met = try await withThrowingTaskGroup { group in
                for (worker, pool) in pools.enumerated() {
                    group.addTask { try await Self.mingle(worker, pool) }
                }
                group.addTask {
                    try await Self.changeInAnyOrder(scene)
                    return 0
                }
                return try await group.reduce(0, +)
            }
            #expect(met > 0, "nobody has met anybody")
            let twice = try await scene.store.reservations(ReservationFilter())
            #expect(Set(twice.map(\.stream)).count == twice.count)
        }
    }

    /// Asks for few streams under many quotas, each batch in an order of its own.
    ///
    /// - Returns: How often somebody else was at one of the streams.
    private static func mingle(_ worker: Int, _ pool: PostgresPool) async throws -> Int {
        var random = SeededGenerator(seed: UInt64(worker))
        var met = 0
        for _ in 0..<300 {
            let asks = (0..<8).map { _ in
                ReservationAsk.of(
                    "stream\(Int.random(in: 0..<30, using: &random))",
                    quota: "q\(Int.random(in: 0..<6, using: &random))"
                )
            }
            do {
                let answers = try await pool.withConnection(timeout: .seconds(30)) { connection in
                    try await connection.query(QuotaDesk.query(for: asks, now: .example), timeout: .seconds(30))
                }
                for row in answers where row[0] == "contended" { met += 1 }
            } catch let error as PostgresError
                where [.serializationFailure, .lockNotAvailable].contains(error.sqlState)
            {
                met += 1
            }
        }
        return met
    }

    private static func changeInAnyOrder(_ scene: QuotaScene) async throws {
        var random = SeededGenerator(seed: 99)
        let events = ["record_started", "record_paused", "record_resumed", "record_error"]
        for _ in 0..<300 {
            try await scene.auditor.withTransaction { _ in
                for _ in 0..<8 {
                    try await scene.status(
                        events.randomElement(using: &random)!,
                        "stream\(Int.random(in: 0..<30, using: &random))"
                    )
                }
            }
        }
    }
}
