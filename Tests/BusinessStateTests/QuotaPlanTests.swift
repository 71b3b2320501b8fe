import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

@Suite(.timeLimit(.minutes(1))) struct QuotaPlanTests {
    private static let open = 20_000
    private static let ended = 30_000

    @Test func `A session that began with an empty table reads little of a full one`() async throws {
        try await QuotaScene.with([.of(concurrent: 1_000, scope: .domain)]) { scene in
            // The plans are made now, and kept.
            try await scene.reserve("first")
            try await scene.database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    INSERT INTO needrecord.reservations (
                        rule_id, event_id, asked_at, last_asked_at, expires_at, ended_at, end_cause, state,
                        domain, app, stream, quota, bucket
                    )
                    SELECT 1, gen_random_uuid(), now(), now(), 'infinity',
                        CASE WHEN n > \(Self.open) THEN now() END, CASE WHEN n > \(Self.open) THEN 'expired' END,
                        CASE WHEN n > \(Self.open) THEN 'ended' ELSE 'reserved' END,
                        'domain' || n % 1000, 'live', 'stream' || n, 'q', 'domain' || n % 1000
                    FROM generate_series(1, \(Self.open + Self.ended)) AS n
                    """,
                    timeout: .seconds(60)
                )
            }
            // Half of them have a reservation.
            let asks = (0..<256).map { number in
                ReservationAsk.of(
                    number.isMultiple(of: 2) ? "stream\(number + 1)" : "new\(number)",
                    domain: "domain\(number + 1)"
                )
            }
            let (reads, fetched) = try await scene.worker.withTransaction { connection in
                let said = try await connection.query(QuotaDesk.query(for: asks, now: .example))
                #expect(said.map { $0[0] } == (0..<256).map { $0.isMultiple(of: 2) ? "held" : "granted" })
                return try await connection.query(
                    """
                    SELECT seq_scan, coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
                    WHERE schemaname = 'needrecord' AND relname = 'reservations'
                    """
                )[0].decode((Int, Int).self)
            }
            #expect(reads == 0)
            // Twenty for each bucket, and some for each stream.
            #expect(fetched < 256 * 30)
        }
    }
}
