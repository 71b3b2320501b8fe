import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// What the platform tells of a stream moves its reservation on.
@Suite(.timeLimit(.minutes(1))) struct QuotaNoticeTests {
    @Test func `A recording begins, pauses, goes on and ends`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            let start = Timestamp.after(.minutes(1))
            #expect(try await scene.status("record_started", "a", at: start) == 1)
            var reservation = try await scene.newest("a")
            #expect(reservation.state == .recording)
            #expect(reservation.recordingSince == start)
            #expect(reservation.expiresAt == start.advanced(by: .hours(24)))
            #expect(try await scene.states("b") == [.denied])

            #expect(try await scene.status("record_paused", "a", at: .after(.minutes(2))) == 1)
            reservation = try await scene.newest("a")
            #expect(reservation.state == .paused)
            #expect(reservation.recordingSince == nil)
            #expect(try await scene.states("b") == [.granted])

            // It is a fact, even beyond the limit.
            #expect(try await scene.status("record_resumed", "a", at: .after(.minutes(3))) == 1)
            reservation = try await scene.newest("a")
            #expect(reservation.state == .recording)
            #expect(reservation.recordingSince == .after(.minutes(3)))
            #expect(try await scene.reserve("c").map(\.concurrent?.used) == [2])

            #expect(try await scene.ingest("publish_done", "a", at: .after(.minutes(4))) == 1)
            reservation = try await scene.newest("a")
            #expect(reservation.state == .ended)
            #expect(reservation.endCause == "stream_ended")
            #expect(reservation.endedAt == .after(.minutes(4)))
        }
    }

    /// The state before, the event, the state after it, and how often it changes something.
    private static let transitions: [(before: [String], event: String, after: StoredReservation.State, changed: Int)] =
        [
            ([], "record_started", .recording, 1),
            ([], "record_resumed", .recording, 1),
            // Of an earlier push: this one has not begun.
            ([], "record_paused", .reserved, 0),
            ([], "record_error", .ended, 1),
            (["record_started"], "record_started", .recording, 1),
            (["record_started"], "record_resumed", .recording, 1),
            (["record_started"], "record_paused", .paused, 1),
            (["record_started"], "record_error", .ended, 1),
            (["record_started", "record_paused"], "record_started", .recording, 1),
            (["record_started", "record_paused"], "record_resumed", .recording, 1),
            (["record_started", "record_paused"], "record_paused", .paused, 0),
            (["record_started", "record_paused"], "record_error", .ended, 1),
            (["record_error"], "record_started", .ended, 0),
            (["record_error"], "record_resumed", .ended, 0),
            (["record_error"], "record_paused", .ended, 0),
            (["record_error"], "record_error", .ended, 0),
            ([], "record_ended", .reserved, 0),
            (["record_started"], "file_created", .recording, 0),
            (["record_started"], "", .recording, 0),
        ]

    @Test func `Each event has its effect in each state, and a repeated one none`() async throws {
        try await QuotaScene.with([.of(concurrent: 100)]) { scene in
            for (number, transition) in Self.transitions.enumerated() {
                let stream = "stream\(number)"
                try await scene.reserve(stream)
                for event in transition.before { try await scene.status(event, stream) }
                let changed = try await scene.status(transition.event, stream, at: .after(.minutes(1)))
                let reservation = try await scene.newest(stream)
                #expect(changed == transition.changed, "\(transition)")
                #expect(reservation.state == transition.after, "\(transition)")
                try await scene.status(transition.event, stream, at: .after(.minutes(1)))
                #expect(try await scene.newest(stream) == reservation, "\(transition)")
            }
        }
    }

    @Test func `A recording that has failed makes room at once`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            try await scene.status("record_error", "a", at: .after(.seconds(1)))
            #expect(try await scene.newest("a").endCause == "recording_failed")
            #expect(try await scene.states("b") == [.granted])
        }
    }

    @Test func `A notice about a stream that has no reservation changes nothing`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            for event in ["record_started", "record_paused", "record_resumed", "record_error"] {
                #expect(try await scene.status(event, "b") == 0)
            }
            #expect(try await scene.ingest("publish_done", "b", at: .after(.minutes(1))) == 0)
            #expect(try await scene.file("b", from: .example, to: .after(.minutes(1))) == 0)
            #expect(try await scene.months().isEmpty)
            #expect(try await scene.newest("a").state == .reserved)
        }
    }

    @Test func `The end of a push does not end what a newer push has asked for`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            // The stream comes back before its end is told.
            #expect(try await scene.states("a", at: .after(.seconds(61))) == [.held])
            #expect(try await scene.ingest("publish_done", "a", at: .after(.seconds(60))) == 0)
            #expect(try await scene.ingest("publish_done", "a", at: .after(.seconds(61))) == 0)
            #expect(try await scene.newest("a").state == .reserved)
            #expect(try await scene.ingest("publish_done", "a", at: .after(.seconds(62))) == 1)
            #expect(try await scene.ingest("publish_done", "a", at: .after(.seconds(62))) == 0)
        }
    }

    @Test func `What was told before a stream was asked for is not about it, however late it is read`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a", at: .after(.seconds(10)))
            try await scene.status("record_started", "a", at: .after(.seconds(11)))
            // Asked for again, by a newer push.
            #expect(try await scene.states("a", at: .after(.seconds(60))) == [.held])
            try await scene.status("record_started", "a", at: .after(.seconds(61)))
            for event in ["record_paused", "record_error"] {
                #expect(try await scene.status(event, "a", at: .after(.milliseconds(59_999))) == 0)
            }
            #expect(try await scene.newest("a").state == .recording)
            #expect(try await scene.status("record_paused", "a", at: .after(.seconds(62))) == 1)
        }
    }

    @Test func `The pause of a push leaves its reservation to a newer one that has not begun`() async throws {
        var quota = Quota.of(concurrent: 1, minutes: 100)
        quota.startExpiry = .minutes(2)
        try await QuotaScene.with([quota]) { scene in
            try await scene.reserve("a")
            try await scene.status("record_started", "a")
            #expect(try await scene.states("a", at: .after(.minutes(10))) == [.held])
            for changed in [1, 0] {
                #expect(try await scene.status("record_paused", "a", at: .after(.minutes(11))) == changed)
                let reservation = try await scene.newest("a")
                #expect(reservation.state == .reserved)
                #expect(reservation.recordingSince == nil)
                // It has as long to begin as any other.
                #expect(reservation.expiresAt == .after(.minutes(12)))
            }
            #expect(try await scene.standing([.of("a")], at: .after(.minutes(11)))[0].minutes?.used == 11)
            #expect(try await scene.states("b", at: .after(.minutes(11))) == [.denied])
            try await scene.status("record_started", "a", at: .after(.minutes(11)))
            #expect(try await scene.newest("a").state == .recording)
            #expect(try await scene.status("record_paused", "a", at: .after(.minutes(13))) == 1)
            #expect(try await scene.newest("a").state == .paused)
        }
    }

    @Test func `The beginning of a push changes nothing, and its end ends a paused reservation too`() async throws {
        try await QuotaScene.with([.of(concurrent: 1)]) { scene in
            try await scene.reserve("a")
            #expect(try await scene.ingest("publish", "a", at: .after(.seconds(2))) == 0)
            try await scene.pause("a")
            #expect(try await scene.newest("a").state == .paused)
            #expect(try await scene.ingest("publish_done", "a", at: .after(.minutes(1))) == 1)
        }
    }

    @Test func `An ingest domain is the play domain that an operator says it is, or else its own`() async throws {
        try await QuotaScene.with([.of(concurrent: 9)]) { scene in
            try await scene.database.withConnection(role: "needrecord_operator") { person in
                try await person.simpleQuery("INSERT INTO needrecord.ingest_domains VALUES ('push.com', 'test.com')")
            }
            try await scene.reserve([.of("a"), .of("a", domain: "push.com"), .of("a", app: "other")])
            func left() async throws -> [String] {
                try await scene.store.reservations(ReservationFilter()).map { "\($0.domain)/\($0.app)" }
            }
            let end = Timestamp.after(.minutes(1))
            #expect(try await scene.ingest("publish_done", "a", domain: "push.com", at: end) == 1)
            #expect(try await left() == ["push.com/live", "test.com/other"])
            #expect(try await scene.ingest("publish_done", "a", domain: "other.com", at: end) == 0)
            #expect(try await scene.ingest("publish_done", "a", app: "other", at: end) == 1)
            #expect(try await left() == ["push.com/live"])
        }
    }

    @Test func `A stream's name in lower case is the only one that it may be`() async throws {
        try await QuotaScene.with([.of(concurrent: 9)]) { scene in
            let end = Timestamp.after(.minutes(1))
            try await scene.reserve("RoomA", "RoomB", "ROOMB", "RoomC", "roomc")
            #expect(try await scene.ingest("publish_done", "rooma", at: end) == 1)
            #expect(try await scene.newest("RoomA").state == .ended)
            // Either of two.
            #expect(try await scene.ingest("publish_done", "roomb", at: end) == 0)
            // A name as it stands comes first, and is meant by a repetition too.
            for changed in [1, 0] {
                #expect(try await scene.ingest("publish_done", "roomc", at: end) == changed)
                #expect(try await scene.newest("RoomC").state == .reserved)
            }
            #expect(try await scene.newest("roomc").state == .ended)
            // A newer push is not ended either, however it is spelled.
            try await scene.reserve("RoomD", at: .after(.minutes(2)))
            #expect(try await scene.ingest("publish_done", "roomd", at: end) == 0)
        }
    }
}
