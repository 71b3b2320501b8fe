import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct ReservationsCommandTests {
    /// Runs `body` with a database in which streams a and b of a quota for all are let through, and c is not.
    private static func withReservations(
        _ body: (_ run: ([String]) async throws -> NeedRecordRun, _ database: ProductDatabase) async throws -> Void
    ) async throws {
        try await ProductDatabase.with { database in
            func run(_ arguments: [String]) async throws -> NeedRecordRun {
                try await NeedRecordRun.run(arguments, settings: database.settings)
            }
            _ = try await run(["quotas", "set", "q", "--scope", "group", "--concurrent", "2"])
            try await database.withConnection(role: "needrecord_worker") { worker in
                try await worker.simpleQuery(
                    """
                    SELECT needrecord.reserve(
                        '{d,d,d}', '{a,a,a}', '{a,b,c}', '{q,q,q}', '{7,7,7}',
                        '{018bcfe5-6800-7000-8000-000000000001,018bcfe5-6800-7000-8000-000000000002,
                        018bcfe5-6800-7000-8000-000000000003}', array_fill(now(), '{3}'), now()
                    )
                    """
                )
            }
            try await body(run, database)
        }
    }

    @Test func `Reservations are listed and released, and the usage follows`() async throws {
        try await Self.withReservations { run, _ in
            let usage = try await run(["quotas", "usage"])
            let row = usage.text.split(separator: "\n").last?.split(separator: " ").map(String.init)
            #expect(row?.prefix(3) == ["q", "all", "2/2"])
            #expect(row?.last == "0")

            let table = try await run(["reservations", "list", "--stream", "b"])
            #expect(table.status == 0, "\(table.text)")
            #expect(table.text.contains("reserved"))
            #expect(table.text.hasSuffix("1 reservation\n"))

            let place = ["--domain", "d", "--app", "a", "--stream", "b"]
            let released = try await run(["reservations", "release"] + place)
            #expect(released.status == 0)
            #expect(released.text == "released d / a / b\n")
            let again = try await run(["reservations", "release"] + place)
            #expect(again.status == 1)
            #expect(again.text.contains("d / a / b has no reservation"))

            #expect(try await run(["reservations", "list"]).text.hasSuffix("1 reservation\n"))
            let all = try await run(["reservations", "list", "--all", "--quota", "q"]).text
            #expect(all.contains("operator"))
            #expect(all.hasSuffix("2 reservations\n"))
            let after = try await run(["quotas", "usage", "q", "--output", "json"])
            let usages = try #require(after.json?["usage"] as? [[String: Any]])
            #expect(usages[0]["concurrent_used"] as? Int == 1)
            #expect(usages[0]["concurrent_limit"] as? Int == 2)
            #expect(usages[0]["minutes_limit"] == nil)
        }
    }

    @Test func `A reservation as JSON has all that is known of it`() async throws {
        try await Self.withReservations { run, database in
            _ = try await run(["reservations", "release", "--domain", "d", "--app", "a", "--stream", "b"])
            try await database.withConnection(role: "needrecord_auditor") { auditor in
                try await auditor.simpleQuery(
                    "SELECT needrecord.apply_recording_status('2026-11-22Z', 'd', 'a', 'a', 'record_started')"
                )
            }
            let json = try await run(["reservations", "list", "--all", "--output", "json"]).json
            let reservations = try #require(json?["reservations"] as? [[String: Any]])
            let recording = try #require(reservations.first { $0["stream"] as? String == "a" })
            #expect(recording["state"] as? String == "recording")
            #expect(recording["recording_since"] as? String == "2026-11-22T00:00:00.000Z")
            #expect(recording["rule"] as? Int == 7)
            #expect(recording["event"] as? String == "018bcfe5-6800-7000-8000-000000000001")
            #expect(recording["asks"] as? Int == 1)
            #expect(recording["ended_at"] == nil)
            let ended = try #require(reservations.first { $0["stream"] as? String == "b" })
            #expect(ended["end_cause"] as? String == "operator")
            #expect(ended["ended_at"] != nil)
        }
    }
}
