import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// Recorded minutes, by the calendar month.
@Suite(.timeLimit(.minutes(1))) struct QuotaMinutesTests {
    /// What asking for a stream tells of the minutes; the stream has a reservation already.
    private static func minutes(_ scene: QuotaScene, at now: Timestamp) async throws -> Int? {
        try await scene.standing([.of("a")], at: now)[0].minutes?.used
    }

    @Test func `Files and what runs still are counted, to the millisecond`() async throws {
        try await QuotaScene.with([.of(minutes: 10)]) { scene in
            try await scene.reserve("a")
            try await scene.status("record_started", "a")
            #expect(try await Self.minutes(scene, at: .after(.seconds(59))) == 0)
            #expect(try await Self.minutes(scene, at: .after(.seconds(60))) == 1)
            #expect(try await Self.minutes(scene, at: .after(.seconds(419))) == 6)

            // What is in the file runs no more.
            let stop = Timestamp.after(.seconds(360))
            #expect(try await scene.file("a", from: .example, to: stop, at: .after(.seconds(420))) == 1)
            let reservation = try await scene.newest("a")
            #expect(reservation.recordingSince == stop)
            #expect(reservation.expiresAt == Timestamp.after(.seconds(420)).advanced(by: .hours(24)))
            #expect(try await Self.minutes(scene, at: .after(.seconds(419))) == 6)
            #expect(try await scene.months() == ["2026-11-01": 360_000])

            // The last millisecond before the limit lets a stream in, and the limit does not.
            let limit = Timestamp.after(.seconds(600))
            #expect(
                try await scene.standing([.of("b")], at: limit.advanced(by: .milliseconds(-1)))[0].state == .granted
            )
            #expect(try await scene.states("b", at: limit) == [.denied])
            #expect(try await scene.states("a", at: limit) == [.held])
        }
    }

    @Test func `Paused and ended recordings do not run, and their files are charged after the end`() async throws {
        try await QuotaScene.with([.of(minutes: 10)]) { scene in
            try await scene.reserve("a")
            try await scene.status("record_started", "a")
            try await scene.status("record_paused", "a", at: .after(.minutes(3)))
            #expect(try await Self.minutes(scene, at: .after(.minutes(5))) == 3)
            #expect(try await scene.file("a", from: .example, to: .after(.minutes(3))) == 1)
            #expect(try await Self.minutes(scene, at: .after(.minutes(5))) == 3)
            #expect(try await scene.newest("a").state == .paused)
            try await scene.ingest("publish_done", "a", at: .after(.minutes(4)))
            #expect(try await scene.file("a", from: .example, to: .after(.minutes(4))) == 1)
            #expect(try await scene.months() == ["2026-11-01": 7 * 60_000])
            #expect(try await scene.newest("a").state == .ended)
        }
    }

    @Test func `A file is charged to the push that it is of, whatever has begun since`() async throws {
        try await QuotaScene.with([.of(minutes: 100), .of(minutes: 100, name: "other")]) { scene in
            try await scene.reserve("a")
            try await scene.ingest("publish_done", "a", at: .after(.minutes(10)))
            try await scene.reserve("a", quota: "other", at: .after(.minutes(11)))
            try await scene.status("record_started", "a", at: .after(.minutes(11)))
            // The first push's last file, late.
            #expect(try await scene.file("a", from: .example, to: .after(.minutes(10)), at: .after(.minutes(12))) == 1)
            #expect(try await scene.months() == ["2026-11-01": 600_000])
            #expect(try await scene.newest("a").recordingSince == .after(.minutes(11)))
            #expect(try await scene.file("a", from: .after(.minutes(11)), to: .after(.minutes(12))) == 1)
            #expect(try await scene.months(quota: "other") == ["2026-11-01": 60_000])
            // What was recorded before anybody asked is nobody's.
            #expect(try await scene.file("a", from: .example, to: .after(.seconds(-1))) == 0)
        }
    }

    @Test func `A file of a recording long after a reservation's end is not charged to it`() async throws {
        try await QuotaScene.with([.of(minutes: 600)]) { scene in
            try await scene.reserve("a")
            try await scene.ingest("publish_done", "a", at: .after(.hours(1)))
            #expect(try await scene.file("a", from: .after(.minutes(30)), to: .after(.hours(1))) == 1)
            #expect(try await scene.file("a", from: .after(.hours(24)), to: .after(.hours(25))) == 0)
        }
    }

    @Test func `A file that comes late takes nothing back, and a clock that is ahead hides nothing`() async throws {
        try await QuotaScene.with([.of(minutes: 100)]) { scene in
            try await scene.reserve("a")
            try await scene.status("record_started", "a")
            try await scene.file("a", from: .after(.minutes(5)), to: .after(.minutes(10)))
            try await scene.file("a", from: .example, to: .after(.minutes(5)), at: .after(.minutes(11)))
            #expect(try await scene.newest("a").recordingSince == .after(.minutes(10)))
            try await scene.file("a", from: .after(.minutes(10)), to: .after(.hours(48)), at: .after(.minutes(15)))
            #expect(try await scene.newest("a").recordingSince == .after(.minutes(15)))
        }
    }

    @Test(arguments: [
        ("UTC", "2026-12-01 00:00:00+00"), ("Asia/Shanghai", "2026-11-30 16:00:00+00"),
        ("America/New_York", "2026-12-01 05:00:00+00"),
    ])
    func `A month begins when it begins in the quota's time zone`(timeZone: String, beginning: String) async throws {
        let first = Timestamp.written(beginning)
        try await QuotaScene.with([.of(minutes: 10, timeZone: timeZone)]) { scene in
            let eve = first.advanced(by: .minutes(-20))
            try await scene.reserve("a", at: eve)
            // A file belongs to the month that it began in, all of it.
            let lastMoment = first.advanced(by: .milliseconds(-1))
            try await scene.file("a", from: lastMoment, to: lastMoment.advanced(by: .minutes(10)))
            #expect(try await scene.months() == ["2026-11-01": 600_000])
            let old = try await scene.reserve("b", at: lastMoment)
            #expect(old.map(\.state) == [.denied])
            #expect(old.map(\.month) == ["2026-11"])
            #expect(old.map(\.minutes?.used) == [10])
            let new = try await scene.reserve("b", at: first)
            #expect(new.map(\.state) == [.granted])
            #expect(new.map(\.month) == ["2026-12"])
            #expect(new.map(\.minutes?.used) == [0])
            try await scene.file("a", from: first, to: first.advanced(by: .minutes(2)))
            #expect(try await scene.months() == ["2026-11-01": 600_000, "2026-12-01": 120_000])
        }
    }

    @Test(arguments: [
        // The clocks of New York go forward on 8 March and back on 1 November: the first of a month is never moved.
        ("2026-03-01 05:00:00+00", "2026-03"), ("2026-04-01 04:00:00+00", "2026-04"),
        ("2026-11-01 04:00:00+00", "2026-11"), ("2026-12-01 05:00:00+00", "2026-12"),
    ])
    func `Summer time moves the beginning of a month`(beginning: String, month: String) async throws {
        try await QuotaScene.with([.of(minutes: 10, timeZone: "America/New_York")]) { scene in
            let first = Timestamp.written(beginning)
            let then = try await scene.standing([.of("a")], at: first)
            let before = try await scene.standing([.of("a")], at: first.advanced(by: .milliseconds(-1)))
            #expect(then.map(\.month) == [month])
            #expect(before.map(\.month) != [month])
        }
    }

    @Test func `What runs over the end of a month counts where its file will`() async throws {
        try await QuotaScene.with([.of(minutes: 100)]) { scene in
            let first = Timestamp.written("2026-12-01 00:00:00+00")
            try await scene.reserve("a", at: first.advanced(by: .minutes(-10)))
            try await scene.status("record_started", "a", at: first.advanced(by: .minutes(-10)))
            #expect(try await Self.minutes(scene, at: first.advanced(by: .milliseconds(-1))) == 9)
            #expect(try await Self.minutes(scene, at: first.advanced(by: .minutes(5))) == 0)
            let cut = first.advanced(by: .minutes(3))
            try await scene.file("a", from: first.advanced(by: .minutes(-10)), to: cut)
            #expect(try await scene.months() == ["2026-11-01": 13 * 60_000])
            #expect(try await Self.minutes(scene, at: first.advanced(by: .minutes(5))) == 2)
        }
    }

    @Test func `Minutes outlive the quota`() async throws {
        try await QuotaScene.with([.of(minutes: 10)]) { scene in
            try await scene.reserve("a")
            try await scene.file("a", from: .example, to: .after(.minutes(10)))
            _ = try await scene.store.remove(["q"])
            try await scene.file("a", from: .after(.minutes(10)), to: .after(.minutes(11)))
            try await scene.store.set(.of(minutes: 11))
            #expect(try await scene.states("b") == [.denied])
            #expect(try await scene.months() == ["2026-11-01": 11 * 60_000])
        }
    }
}
