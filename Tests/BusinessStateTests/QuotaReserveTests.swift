import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// What a quota says of streams that ask for room.
@Suite(.timeLimit(.minutes(1))) struct QuotaReserveTests {
    @Test func `Streams are let through in their order until there is no more room`() async throws {
        try await QuotaScene.with([.of(concurrent: 2, minutes: 60)]) { scene in
            let said = try await scene.reserve("a", "b", "c")
            #expect(said.map(\.state) == [.granted, .granted, .denied])
            #expect(said.map(\.concurrent?.used) == [0, 1, 2])
            #expect(said.allSatisfy { $0.concurrent?.limit == 2 && $0.quota == "q" && $0.bucket.isEmpty })
            #expect(said.allSatisfy { $0.minutes == Reservation.Usage(used: 0, limit: 60) && $0.month == "2026-11" })
            #expect(try await scene.states("d") == [.denied])
            #expect(try await scene.reserve([]).isEmpty)
        }
    }

    @Test func `A stream that has a reservation keeps it, and is charged once`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            #expect(try await scene.states("a", "a", "b", "a") == [.granted, .held, .denied, .held])
            let later = Timestamp.after(.seconds(2))
            let again = try await scene.reserve("a", at: later)
            #expect(again == [Reservation(quota: "q", state: .held, concurrent: .init(used: 0, limit: 1))])
            let reservation = try await scene.newest("a")
            #expect(try await scene.reservations("a").count == 1)
            #expect(reservation.asks == 4)
            #expect(reservation.state == .reserved)
            #expect(reservation.askedAt == .example)
            #expect(reservation.lastAskedAt == later)
            #expect(reservation.expiresAt == later.advanced(by: .hours(24)))
            #expect(reservation.rule == Rule.ID(rawValue: 7))
        }
    }

    @Test func `An ask that was made earlier takes nothing back`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a", at: .after(.seconds(5)))
            #expect(try await scene.states("a") == [.held])
            let reservation = try await scene.newest("a")
            #expect(reservation.lastAskedAt == .after(.seconds(5)))
            #expect(reservation.expiresAt == Timestamp.after(.seconds(5)).advanced(by: .hours(24)))
        }
    }

    @Test func `What is counted together is the scope's to say`() async throws {
        let quotas: [Quota] = Quota.Scope.allCases.map { .of(concurrent: 1, scope: $0, name: $0.rawValue) }
        try await QuotaScene.with(quotas) { scene in
            for scope in Quota.Scope.allCases {
                func ask(_ domain: String, _ app: String) -> ReservationAsk {
                    .of("\(scope)-\(domain)-\(app)", domain: domain, app: app, quota: scope.rawValue)
                }
                let said = try await scene.reserve([ask("d", "a"), ask("d", "b"), ask("e", "a")])
                let (states, buckets): ([Reservation.State], [String]) =
                    switch scope {
                    case .domain: ([.granted, .denied, .granted], ["d", "d", "e"])
                    case .app: ([.granted, .granted, .granted], ["d/a", "d/b", "e/a"])
                    case .group: ([.granted, .denied, .denied], ["", "", ""])
                    }
                #expect(said.map(\.state) == states, "\(scope)")
                #expect(said.map(\.bucket) == buckets, "\(scope)")
            }
        }
    }

    @Test func `A stream is held whatever quota it was charged to`() async throws {
        try await QuotaScene.with([.of(concurrent: 1), .of(concurrent: 1, name: "other")]) { scene in
            try await scene.reserve("a")
            let said = try await scene.reserve([.of("a", quota: "other"), .of("b", quota: "other")])
            #expect(said.map(\.state) == [.held, .granted])
            #expect(said.map(\.quota) == ["q", "other"])
        }
    }

    @Test func `Of two asks for one stream in one batch each is charged only where there is room`() async throws {
        try await QuotaScene.with([.of(concurrent: 0), .of(concurrent: 1, name: "other")]) { scene in
            let asks: [ReservationAsk] = [
                .of("a"), .of("a", quota: "other"), .of("a"), .of("b", quota: "other"), .of("a", quota: "other"),
            ]
            let said = try await scene.reserve(asks)
            #expect(said.map(\.state) == [.denied, .granted, .held, .denied, .held])
            #expect(said.map(\.quota) == ["q", "other", "other", "other", "other"])
            #expect(try await scene.newest("a").event == asks[1].event.id)
            #expect(try await scene.reservations("a").map(\.asks) == [4])
        }
    }

    @Test func `A quota that does not exist has no room, and no limits`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            let said = try await scene.reserve([.of("a", quota: "gone"), .of("a")])
            #expect(said[0] == Reservation(quota: "gone", state: .denied))
            #expect(said[1].state == .granted)
            // What it has let through before it was removed is held on.
            _ = try await scene.store.remove(["q"])
            #expect(try await scene.reserve("a") == [Reservation(quota: "q", state: .held)])
        }
    }

    @Test func `A limit of zero is none, and no limit is no limit`() async throws {
        let quotas: [Quota] = [
            .of(concurrent: 0, name: "none"), .of(minutes: 0, name: "no-minutes"), .of(minutes: 1, name: "minutes"),
            .of(concurrent: 1, name: "one"),
        ]
        try await QuotaScene.with(quotas) { scene in
            #expect(try await scene.states("a", quota: "none") == [.denied])
            #expect(try await scene.states("a", quota: "no-minutes") == [.denied])
            let said = try await scene.reserve("a", "b", "c", quota: "minutes")
            #expect(said.allSatisfy { $0.state == .granted && $0.concurrent == nil })
            let one = try await scene.reserve("d", quota: "one")
            #expect(one.allSatisfy { $0.state == .granted && $0.minutes == nil && $0.month == nil })
        }
    }

    @Test func `An expired reservation makes room, and its stream has to ask like all others`() async throws {
        try await QuotaScene.with([.of(concurrent: 2), .of(concurrent: 1, name: "other")]) { scene in
            try await scene.reserve("a", "b")
            let edge = Timestamp.after(.hours(24))
            #expect(try await scene.states("c", at: edge.advanced(by: .milliseconds(-1))) == [.denied])
            #expect(try await scene.states("c", "b", "a", at: edge) == [.granted, .granted, .denied])
            for stream in ["a", "b"] {
                let first = try #require(await scene.reservations(stream).first)
                #expect(first.state == .ended)
                #expect(first.endCause == "expired")
                #expect(first.endedAt == edge)
            }
            // Also when it was charged elsewhere.
            let late = Timestamp.after(.hours(48))
            #expect(try await scene.states("c", quota: "other", at: late) == [.granted])
            #expect(try await scene.reservations("c").map(\.endCause) == ["expired", nil])
        }
    }

    @Test func `A paused stream that asks again gets a new reservation for the old one`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            try await scene.pause("a")
            #expect(try await scene.states("a") == [.granted])
            #expect(try await scene.reservations("a").map(\.endCause) == ["superseded", nil])
            // Where there is no room the old one stays, and can come back.
            try await scene.pause("a")
            #expect(try await scene.states("b", "a") == [.granted, .denied])
            #expect(try await scene.newest("a").state == .paused)
        }
    }

    @Test func `A lower limit ends nothing, and lets nothing new in`() async throws {
        try await QuotaScene.with([.of(concurrent: 3)]) { scene in
            try await scene.reserve("a", "b", "c")
            #expect(try await scene.store.set(.of(concurrent: 1)) == false)
            let said = try await scene.reserve("a", "d")
            #expect(said.map(\.state) == [.held, .denied])
            #expect(said.map(\.concurrent?.used) == [2, 3])
            #expect(try await scene.store.release(domain: "test.com", app: "live", stream: "a"))
            #expect(try await scene.store.release(domain: "test.com", app: "live", stream: "b"))
            #expect(try await scene.states("d") == [.denied])
        }
    }

    @Test func `The standing is what would be said, and takes nothing`() async throws {
        try await QuotaScene.with([.of(concurrent: 2, minutes: 5)]) { scene in
            try await scene.reserve("a")
            let asks: [ReservationAsk] = [.of("a"), .of("b"), .of("c"), .of("d", quota: "gone")]
            for _ in 0..<2 {
                let said = try await scene.standing(asks)
                #expect(said.map(\.state) == [.held, .granted, .granted, .denied])
                #expect(said.map(\.concurrent?.used) == [0, 1, 1, nil])
            }
            try await scene.reserve("b")
            #expect(try await scene.standing([.of("c")]).map(\.state) == [.denied])
            #expect(try await scene.standing([]).isEmpty)
            #expect(try await scene.store.reservations(ReservationFilter()).map(\.stream) == ["a", "b"])
        }
    }

    @Test func `Names are compared byte for byte, and may be anything that a platform lets through`() async throws {
        try await QuotaScene.with([.of(concurrent: 9)]) { scene in
            let names = ["Room", "room", "r{o,\"m\\", "日本 '語'", "é", "e\u{301}"]
            for state in [Reservation.State.granted, .held] {
                let said = try await scene.reserve(names.map { .of($0) })
                #expect(said.map(\.state) == names.map { _ in state })
            }
        }
    }

    @Test func `In a transaction that would not see others nothing is reserved`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            for isolation in [PostgresIsolation.repeatableRead, .serializable] {
                let error = await #expect(throws: PostgresError.self) {
                    try await scene.worker.withTransaction(isolation: isolation) { connection in
                        try await QuotaDesk().reserve(
                            [.of("a")],
                            on: connection,
                            now: .example,
                            timeout: .seconds(5)
                        )
                    }
                }
                #expect(error?.sqlState == SQLState(rawValue: "25000"))
            }
        }
    }
}
