import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct QuotaStoreTests {
    private static let full = Quota(
        name: "gold",
        scope: .app,
        concurrentLimit: 3,
        minutesLimit: 600,
        timeZone: "Asia/Shanghai",
        reservationExpiry: .seconds(31 * 86_400),
        note: "paid"
    )

    @Test func `A quota is read as it was set, and set again it is changed`() async throws {
        try await QuotaScene.with([]) { scene in
            let other = Quota(name: "basic", scope: .group, minutesLimit: 0, reservationExpiry: .minutes(5))
            let areNew = [try await scene.store.set(Self.full), try await scene.store.set(other)]
            #expect(areNew == [true, true])
            #expect(try await scene.store.list() == [other, Self.full])
            var changed = Self.full
            changed.concurrentLimit = nil
            changed.timeZone = "UTC"
            changed.reservationExpiry = .hours(1)
            changed.note = ""
            #expect(try await scene.store.set(changed) == false)
            #expect(try await scene.store.list() == [other, changed])
        }
    }

    @Test func `The scope and the name of a quota are for life`() async throws {
        try await QuotaScene.with([Self.full]) { scene in
            var other = Self.full
            other.scope = .domain
            let error = await #expect(throws: PostgresError.self) { try await scene.store.set(other) }
            #expect(error?.sqlState == SQLState(rawValue: "23000"))
            #expect(error?.message == "the name and the scope of a quota cannot change")
            try await scene.database.withConnection { owner in
                let renamed = try await owner.failure(of: "UPDATE needrecord.quotas SET name = 'silver'")
                #expect(renamed.sqlState == SQLState(rawValue: "23000"))
            }
            #expect(try await scene.store.list() == [Self.full])
        }
    }

    @Test func `Each constraint refuses what it is for, by its name`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { person in
                for (columns, values, constraint) in [
                    ("name, scope, concurrent_limit", "'q', 'stream', 1", "quotas_scope_known"),
                    ("name, scope, concurrent_limit", "'q', 'app', -1", "quotas_concurrent_limit_range"),
                    ("name, scope, minutes_limit", "'q', 'app', -1", "quotas_minutes_limit_range"),
                    ("name, scope", "'q', 'app'", "quotas_limit_something"),
                    ("name, scope, concurrent_limit", "'q x', 'app', 1", "label_spelling"),
                    ("name, scope, concurrent_limit, time_zone", "'q', 'app', 1, 'Mars'", "time_zone_known"),
                    ("name, scope, concurrent_limit, note", "'q', 'app', 1, repeat('x', 1001)", "quotas_note_length"),
                    (
                        "name, scope, concurrent_limit, reservation_expiry", "'q', 'app', 1, '299 seconds'",
                        "quotas_reservation_expiry_range"
                    ),
                    (
                        "name, scope, concurrent_limit, reservation_expiry", "'q', 'app', 1, '2678401 seconds'",
                        "quotas_reservation_expiry_range"
                    ),
                ] {
                    let error = try await person.failure(
                        of: "INSERT INTO needrecord.quotas (\(columns)) VALUES (\(values))"
                    )
                    #expect(error.sqlState == .checkViolation, "\(values)")
                    #expect(error.constraint == constraint, "\(values)")
                }
            }
        }
    }

    @Test func `A quota that a rule names stays, and a rule names only what is there`() async throws {
        try await QuotaScene.with([Self.full, .of(concurrent: 1)]) { scene in
            try await scene.database.withConnection(role: "needrecord_operator") { person in
                let unknown = try await person.failure(
                    of: "INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'silver')"
                )
                #expect(unknown.sqlState == .foreignKeyViolation)
                #expect(unknown.constraint == "rules_quota_exists")
                let id = try await person.value(
                    Int64.self,
                    "INSERT INTO needrecord.rules (effect, quota) VALUES ('record', 'gold') RETURNING id"
                )
                #expect(try await scene.store.rules(naming: ["gold", "q"]) == [Rule.ID(rawValue: id)])
                let named = await #expect(throws: PostgresError.self) { try await scene.store.remove(["q", "gold"]) }
                #expect(named?.sqlState == .foreignKeyViolation)
                #expect(try await scene.store.list().map(\.name) == ["gold", "q"])
                try await person.simpleQuery("DELETE FROM needrecord.rules")
                #expect(try await scene.store.remove(["q", "gold", "silver"]) == ["gold", "q"])
                #expect(try await scene.store.remove(["q"]).isEmpty)
            }
        }
    }

    @Test func `The usage is that of each bucket, without what has expired`() async throws {
        let zone = QuotaScene.zoneFarFromMidnight
        try await QuotaScene.with([
            .of(concurrent: 5, minutes: 7, scope: .domain, timeZone: zone), .of(minutes: 1, timeZone: zone, name: "p"),
        ]) { scene in
            // The view is for people, who look at it now.
            let now = Timestamp(try await scene.worker.value(PostgresTimestamp.self, "SELECT now()"))
            try await scene.reserve(
                [.of("a", at: now), .of("b", at: now), .of("c", domain: "other.com", at: now)],
                at: now
            )
            try await scene.reserve("old", at: now.advanced(by: .hours(-25)))
            try await scene.pause("b", at: now)
            try await scene.file("a", from: now, to: now.advanced(by: .seconds(119)))
            let usage = try await scene.store.usage()
            #expect(usage.map(\.quota) == ["q", "q"])
            #expect(usage.map(\.bucket) == ["other.com", "test.com"])
            #expect(usage.map(\.concurrent) == [.init(used: 1, limit: 5), .init(used: 1, limit: 5)])
            #expect(usage.map(\.minutes) == [.init(used: 0, limit: 7), .init(used: 1, limit: 7)])
            #expect(try await scene.store.usage(of: ["q"]) == usage)
            #expect(try await scene.store.usage(of: ["p"]).isEmpty)
            #expect(try await scene.store.usage(of: []).isEmpty)
            try await scene.reserve("d", quota: "p", at: now)
            #expect(try await scene.store.usage(of: ["p"]).map(\.concurrent) == [.init(used: 1, limit: nil)])
        }
    }

    @Test func `Reservations are chosen by their names, ended ones when asked for`() async throws {
        try await QuotaScene.with([.of(concurrent: 9), .of(concurrent: 9, name: "p")]) { scene in
            try await scene.reserve([
                .of("a"), .of("a", domain: "d"), .of("a", app: "b"), .of("c", quota: "p"), .of("e"),
            ])
            try await scene.status("record_error", "e")
            func streams(_ filter: ReservationFilter) async throws -> [String] {
                try await scene.store.reservations(filter).map { "\($0.domain)/\($0.app)/\($0.stream)" }.sorted()
            }
            let all = ["d/live/a", "test.com/b/a", "test.com/live/a", "test.com/live/c"]
            #expect(try await streams(ReservationFilter()) == all)
            #expect(try await streams(ReservationFilter(includesEnded: true)) == all + ["test.com/live/e"])
            #expect(try await streams(ReservationFilter(domain: "d")) == ["d/live/a"])
            #expect(try await streams(ReservationFilter(app: "b", stream: "a")) == ["test.com/b/a"])
            #expect(try await streams(ReservationFilter(quota: "p")) == ["test.com/live/c"])
            #expect(try await streams(ReservationFilter(stream: "e")).isEmpty)
        }
    }
}
