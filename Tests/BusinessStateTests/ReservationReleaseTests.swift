import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// How reservations end that no notice ends.
@Suite(.timeLimit(.minutes(1))) struct ReservationReleaseTests {
    @Test func `What could not be answered in time is released, once`() async throws {
        try await QuotaScene.with([.of(concurrent: 3)]) { scene in
            let asks: [ReservationAsk] = [.of("a"), .of("b"), .of("c"), .of("d")]
            _ = try await scene.reserve(asks)
            #expect(try await scene.releaseUndelivered([asks[0], asks[1], asks[3], .of("e")]) == 2)
            #expect(try await scene.releaseUndelivered([asks[0], asks[1]]) == 0)
            #expect(try await scene.releaseUndelivered([]) == 0)
            #expect(try await scene.newest("a").endCause == "undelivered")
            #expect(try await scene.newest("c").state == .reserved)
            #expect(try await scene.states("d", "a", "b") == [.granted, .granted, .denied])
        }
    }

    @Test func `A callback that is handed out twice is no second question`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            let asks: [ReservationAsk] = [.of("a")]
            let first = try await scene.reserve(asks)
            let second = try await scene.reserve(asks)
            #expect(first.map(\.state) == [.granted])
            #expect(second.map(\.state) == [.held])
            #expect(try await scene.releaseUndelivered(asks) == 1)
            #expect(try await scene.states("b") == [.granted])
        }
    }

    @Test func `What was asked for again, or is being recorded, is not released as undelivered`() async throws {
        try await QuotaScene.with([.of(concurrent: 4)]) { scene in
            let asks: [ReservationAsk] = [.of("again"), .of("recorded"), .of("paused"), .of("ended")]
            _ = try await scene.reserve(asks)
            let repetition = ReservationAsk.of("again")
            _ = try await scene.reserve([repetition])
            try await scene.status("record_started", "recorded")
            try await scene.pause("paused")
            try await scene.status("record_error", "ended")
            #expect(try await scene.releaseUndelivered(asks + [repetition]) == 0)
            #expect(try await scene.newest("ended").endCause == "recording_failed")
        }
    }

    @Test func `An operator can release a stream in any state, once`() async throws {
        try await QuotaScene.with([.of(concurrent: 3)]) { scene in
            try await scene.reserve("reserved", "recording", "paused")
            try await scene.status("record_started", "recording")
            try await scene.pause("paused")
            for stream in ["reserved", "recording", "paused"] {
                for isThere in [true, false] {
                    let released = try await scene.store.release(domain: "test.com", app: "live", stream: stream)
                    #expect(released == isThere, "\(stream)")
                }
                #expect(try await scene.newest(stream).endCause == "operator")
            }
            #expect(try await scene.store.release(domain: "test.com", app: "other", stream: "reserved") == false)
        }
    }

    @Test func `What shows no sign of life for too long expires, paused or not, once`() async throws {
        var short = Quota.of(concurrent: 9, name: "short")
        short.reservationExpiry = .minutes(5)
        try await QuotaScene.with([.of(concurrent: 9), short]) { scene in
            try await scene.reserve("long")
            try await scene.reserve("reserved", "paused", "alive", quota: "short")
            try await scene.pause("paused")
            try await scene.status("record_started", "alive", at: .after(.minutes(4)))
            #expect(try await scene.expire(at: Timestamp.after(.minutes(5)).advanced(by: .milliseconds(-1))) == 0)
            #expect(try await scene.expire(at: .after(.minutes(5))) == 2)
            #expect(try await scene.expire(at: .after(.minutes(5))) == 0)
            #expect(try await scene.newest("reserved").endCause == "expired")
            #expect(try await scene.newest("paused").endCause == "expired")
            #expect(try await scene.expire(at: .after(.minutes(9))) == 1)
            #expect(try await scene.newest("long").state == .reserved)
        }
    }

    @Test func `A recording that does not begin gives its place back soon, one that did keeps it`() async throws {
        var quota = Quota.of(concurrent: 9)
        quota.startExpiry = .seconds(90)
        try await QuotaScene.with([quota]) { scene in
            try await scene.reserve("failed", "started")
            try await scene.status("record_started", "started", at: .after(.seconds(10)))
            #expect(try await scene.expire(at: Timestamp.after(.seconds(90)).advanced(by: .milliseconds(-1))) == 0)
            #expect(try await scene.expire(at: .after(.seconds(90))) == 1)
            #expect(try await scene.newest("failed").endCause == "expired")
            #expect(try await scene.expire(at: .after(.hours(24))) == 0)
            #expect(try await scene.expire(at: Timestamp.after(.hours(24)).advanced(by: .seconds(10))) == 1)
        }
    }

    @Test func `Ended reservations are forgotten, open ones never`() async throws {
        try await QuotaScene.with([.of(concurrent: 9)]) { scene in
            try await scene.reserve("a", "b", "c")
            try await scene.ingest("publish_done", "a", at: .after(.minutes(1)))
            try await scene.ingest("publish_done", "b", at: .after(.minutes(2)))
            #expect(try await scene.prune(before: .after(.minutes(1))) == 0)
            #expect(try await scene.prune(before: .after(.minutes(2))) == 1)
            #expect(try await scene.prune(before: .after(.minutes(2))) == 0)
            #expect(try await scene.prune(before: .after(.hours(1_000))) == 1)
            let left = try await scene.store.reservations(ReservationFilter(includesEnded: true))
            #expect(left.map(\.stream) == ["c"])
        }
    }
}
