import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// What somebody keeps locked concerns the streams that need it, and no others.
@Suite(.timeLimit(.minutes(1))) struct QuotaContentionTests {
    private static func states(_ asks: [ReservationAsk], _ scene: QuotaScene) async throws -> [Reservation.State?] {
        try await scene.answers(asks).map { $0?.state }
    }

    private static func locking(
        _ sql: PostgresQuery,
        _ scene: QuotaScene,
        _ body: () async throws -> Void
    ) async throws {
        try await scene.database.withConnection { owner in
            try await owner.execute("BEGIN")
            _ = try await owner.query(sql)
            try await body()
            try await owner.execute("COMMIT")
        }
    }

    @Test func `A locked reservation is contended, and the others of the batch are answered at once`() async throws {
        try await QuotaScene.with([.of(concurrent: 3)]) { scene in
            try await scene.reserve("a", "b")
            try await Self.locking("UPDATE needrecord.reservations SET asks = 1 WHERE stream = 'a'", scene) {
                let clock = ContinuousClock.now
                let asks = ["a", "c", "b", "a", "d"].map { ReservationAsk.of($0) }
                // The one that is locked counts all the same: there is room for one more.
                let states = try await Self.states(asks, scene)
                #expect(states == [nil, .granted, .held, nil, .denied])
                #expect(clock.duration(to: .now) < .seconds(1))
            }
            #expect(try await scene.states("a", "c", "d") == [.held, .held, .denied])
            // Asked for twice while it was locked, which left no trace, and once afterwards.
            #expect(try await scene.newest("a").asks == 2)
            #expect(try await scene.newest("b").asks == 2)
        }
    }

    @Test func `A reservation that ends while it is contended is taken anew, once`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            try await Self.locking("SELECT needrecord.release_reservation('test.com', 'live', 'a')", scene) {
                let states = try await Self.states([.of("a"), .of("b")], scene)
                #expect(states == [nil, .denied])
            }
            #expect(try await scene.states("a", "b", "a") == [.granted, .denied, .held])
            #expect(try await scene.reservations("a").count == 2)
        }
    }

    @Test func `A locked bucket holds up the streams that it is asked to count, and no others`() async throws {
        try await QuotaScene.with([.of(concurrent: 2, scope: .domain)]) { scene in
            try await scene.reserve([.of("old"), .of("x", domain: "one.com")])
            try await Self.locking(
                "SELECT FROM needrecord.quota_buckets WHERE bucket = 'test.com' FOR UPDATE",
                scene
            ) {
                let clock = ContinuousClock.now
                let asks: [ReservationAsk] = [
                    .of("new"), .of("old"), .of("y", domain: "one.com"), .of("z", domain: "two.com"), .of("new"),
                    .of("nothing", quota: "unknown"),
                ]
                let states = try await Self.states(asks, scene)
                #expect(states == [nil, .held, .granted, .granted, nil, .denied])
                #expect(clock.duration(to: .now) < .seconds(1))
                let taken = try await scene.reservations("new")
                #expect(taken.isEmpty)
            }
            #expect(try await scene.states("new", "newer") == [.granted, .denied])
        }
    }

    @Test func `A bucket that is removed while it is waited for is not counted without a lock`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            try await scene.database.withConnection { owner in
                try await owner.execute("BEGIN")
                try await owner.execute("DELETE FROM needrecord.quota_buckets")
                async let answer = scene.answers([.of("b")])
                // While it waits, or before or after: there is no moment at which it might be granted.
                try await Task.sleep(for: .milliseconds(20))
                try await owner.execute("COMMIT")
                let states = try await answer.map { $0?.state }
                #expect(states != [.granted])
            }
            #expect(try await scene.states("b", "a") == [.denied, .held])
            #expect(try await scene.store.usage().count == 1)
        }
    }
}
