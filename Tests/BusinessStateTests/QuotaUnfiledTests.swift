import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// What was recorded and is in no file yet counts, whatever has become of the recording, until its file does.
@Suite(.timeLimit(.minutes(1))) struct QuotaUnfiledTests {
    /// The minutes that count, seen by a stream that has nothing.
    private static func minutes(_ scene: QuotaScene, at now: Timestamp) async throws -> Int? {
        try await scene.standing([.of("onlooker")], at: now)[0].minutes?.used
    }

    /// Runs `body` with a stream `a` whose recording has begun, and a limit of some minutes.
    private static func recording(_ limit: Int = 1_000, _ body: (QuotaScene) async throws -> Void) async throws {
        try await QuotaScene.with([.of(minutes: limit)]) { scene in
            try await scene.reserve("a")
            try await scene.status("record_started", "a")
            try await body(scene)
        }
    }

    @Test func `Hours of a paused recording cannot be sold again before their file is told of`() async throws {
        try await Self.recording(300) { scene in
            try await scene.status("record_paused", "a", at: .after(.hours(5)))
            #expect(try await scene.states("b", at: .after(.hours(6))) == [.denied])
            #expect(try await scene.file("a", from: .example, to: .after(.minutes(299)), at: .after(.hours(7))) == 1)
            // The file's own length, and nothing besides.
            #expect(try await Self.minutes(scene, at: .after(.hours(7))) == 299)
            #expect(try await scene.states("b", at: .after(.hours(7))) == [.granted])
        }
    }

    @Test(arguments: ["publish_done", "operator", "record_error"])
    func `It counts after the end too, but for a recording that failed`(end: String) async throws {
        try await QuotaScene.with([.of(minutes: 1_000, timeZone: QuotaScene.zoneFarFromMidnight)]) { scene in
            let now = Timestamp(try await scene.worker.value(PostgresTimestamp.self, "SELECT now()"))
            let start = now.advanced(by: .minutes(-100))
            try await scene.reserve("a", at: start)
            try await scene.status("record_started", "a", at: start)
            switch end {
            case "publish_done": try await scene.ingest(end, "a", at: now)
            case "operator": #expect(try await scene.store.release(domain: "test.com", app: "live", stream: "a"))
            default: try await scene.status(end, "a", at: now)
            }
            #expect(try await scene.newest("a").state == .ended)
            let later = now.advanced(by: .minutes(10))
            #expect(try await Self.minutes(scene, at: later) == (end == "record_error" ? 0 : 100))
            try await scene.file("a", from: start, to: now, at: later)
            #expect(try await Self.minutes(scene, at: later) == 100)
        }
    }

    @Test func `A file that never comes counts for as long as a reservation lasts without a sign of life`() async throws
    {
        try await Self.recording { scene in
            try await scene.status("record_paused", "a", at: .after(.hours(1)))
            let end = Timestamp.after(.hours(25))
            #expect(try await Self.minutes(scene, at: end.advanced(by: .milliseconds(-1))) == 60)
            #expect(try await Self.minutes(scene, at: end) == 0)
            // Its reservation goes at its own time, and takes nothing along.
            #expect(try await scene.expire(at: .after(.hours(24))) == 1)
            #expect(try await Self.minutes(scene, at: end.advanced(by: .milliseconds(-1))) == 60)
        }
    }

    @Test func `One file may cover several stretches, and what still runs`() async throws {
        try await Self.recording { scene in
            for minute in [10, 21, 32] {
                try await scene.status("record_paused", "a", at: .after(.minutes(minute)))
                try await scene.status("record_resumed", "a", at: .after(.minutes(minute + 1)))
            }
            #expect(try await Self.minutes(scene, at: .after(.minutes(40))) == 10 + 10 + 10 + 7)
            try await scene.file("a", from: .example, to: .after(.minutes(36)))
            #expect(try await Self.minutes(scene, at: .after(.minutes(40))) == 36 + 4)
        }
    }

    @Test func `A file covers its own time, and leaves what another one will be about`() async throws {
        try await Self.recording { scene in
            try await scene.status("record_paused", "a", at: .after(.minutes(90)))
            try await scene.file("a", from: .after(.minutes(30)), to: .after(.minutes(60)))
            // Half an hour in the file, and what is further than five minutes away from it.
            #expect(try await Self.minutes(scene, at: .after(.hours(2))) == 30 + 25 + 25)
            try await scene.file("a", from: .example, to: .after(.minutes(30)))
            try await scene.file("a", from: .after(.minutes(60)), to: .after(.minutes(86)))
            #expect(try await Self.minutes(scene, at: .after(.hours(2))) == 86)
        }
    }

    @Test func `A pause that is told of after its file leaves nothing, and one that is much later its rest`()
        async throws
    {
        try await Self.recording { scene in
            try await scene.file("a", from: .example, to: .after(.minutes(30)))
            try await scene.status("record_paused", "a", at: .after(.minutes(33)))
            #expect(try await Self.minutes(scene, at: .after(.hours(1))) == 30)
            try await scene.status("record_resumed", "a", at: .after(.hours(1)))
            // A short stretch that no file was before: it is no delay.
            try await scene.status("record_paused", "a", at: .after(.minutes(62)))
            #expect(try await Self.minutes(scene, at: .after(.hours(2))) == 32)
            try await scene.file("a", from: .after(.minutes(60)), to: .after(.minutes(62)))
            try await scene.status("record_resumed", "a", at: .after(.minutes(70)))
            try await scene.file("a", from: .after(.minutes(70)), to: .after(.minutes(80)))
            try await scene.status("record_paused", "a", at: .after(.minutes(90)))
            #expect(try await Self.minutes(scene, at: .after(.hours(2))) == 32 + 10 + 10)
        }
    }

    @Test func `A file that goes on over two reservations is counted once`() async throws {
        try await Self.recording { scene in
            try await scene.status("record_paused", "a", at: .after(.minutes(10)))
            #expect(try await scene.states("a", at: .after(.minutes(12))) == [.granted])
            #expect(try await Self.minutes(scene, at: .after(.minutes(12))) == 10)
            try await scene.status("record_resumed", "a", at: .after(.minutes(12)))
            try await scene.file("a", from: .example, to: .after(.minutes(30)))
            #expect(try await Self.minutes(scene, at: .after(.minutes(30))) == 30)
            #expect(try await scene.months() == ["2026-11-01": 1_800_000])
        }
    }

    @Test func `It counts in the month that it began in, in its own bucket and for its own quota`() async throws {
        let quotas = [Quota.of(minutes: 1_000, scope: .domain), .of(minutes: 1_000, scope: .domain, name: "other")]
        try await QuotaScene.with(quotas) { scene in
            let first = Timestamp.written("2026-12-01 00:00:00+00")
            try await scene.reserve("a", at: first.advanced(by: .minutes(-10)))
            try await scene.status("record_started", "a", at: first.advanced(by: .minutes(-10)))
            try await scene.status("record_paused", "a", at: first.advanced(by: .minutes(5)))
            #expect(try await Self.minutes(scene, at: first.advanced(by: .minutes(6))) == 0)
            #expect(try await Self.minutes(scene, at: first.advanced(by: .milliseconds(-1))) == 9)
            try await scene.status("record_resumed", "a", at: first.advanced(by: .minutes(6)))
            try await scene.status("record_paused", "a", at: first.advanced(by: .minutes(8)))
            let now = first.advanced(by: .minutes(9))
            #expect(try await Self.minutes(scene, at: now) == 2)
            let others: [ReservationAsk] = [.of("x", domain: "other.com"), .of("x", quota: "other")]
            #expect(try await scene.standing(others, at: now).map(\.minutes?.used) == [0, 0])
        }
    }
}
