import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ExplainCommandTests {
    private static let event = "01a21730-edf9-7c41-9b0f-6a1d2e3f4a5b"

    /// Writes the outcome of the event, decided as `decide` has decided now; then changes the rules.
    private func withDecision(_ body: (ProductDatabase) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await connection.simpleQuery(
                    """
                    INSERT INTO needrecord.rules (domain, effect, formats, interval_mp4, schedule, time_zone, bitrate_min)
                    VALUES ('d', 'record', '{mp4}', 300, '{mon-sun 00:00-24:00}', 'Asia/Shanghai', 500);
                    INSERT INTO needrecord.rules (domain, stream, effect, codec) VALUES ('d', 's*', 'skip', 'h265');
                    """
                )
            }
            let decided = try await NeedRecordRun.run(
                ["decide", "--domain", "d", "--app", "a", "--stream", "s", "--vbitrate", "800", "--output", "json"],
                settings: database.settings
            )
            #expect(decided.json?["rule"] as? Int == 1, "\(decided.text)")
            try await database.withConnection { owner in
                _ = try await owner.query(
                    "SELECT needrecord.prepare_outcome_partitions(d - 1, d + 1) FROM (SELECT (needrecord.event_minute(\(Self.event)::uuid) AT TIME ZONE 'UTC')::date AS d) AS days"
                )
                _ = try await owner.query(
                    """
                    INSERT INTO needrecord.outcomes (event_id, gateway_run, minute, received_at, decided_at, rule, revision,
                        answer_us, publishes, need_record, domain, app, stream, bitrate, codec, anomalies, cause, reason,
                        formats, gateway, worker, answer, decision)
                    SELECT e, e, needrecord.event_minute(e), now(), now(), 1, (j ->> 'revision')::bigint, 2000, 1, true, 'd',
                        'a', 's', 800, 'h264', '{}', 'decided', 'rule', '{mp4}', 'gw-1', 'w-1', j ->> 'answer', j
                    FROM (SELECT \(Self.event)::uuid AS e, \(decided.text)::jsonb AS j) AS made
                    """
                )
            }
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await connection.simpleQuery(
                    "DELETE FROM needrecord.rules WHERE id = 1; UPDATE needrecord.rules SET priority = 9, codec = NULL"
                )
            }
            try await body(database)
        }
    }

    private func explain(_ more: String..., in database: ProductDatabase) async throws -> NeedRecordRun {
        try await NeedRecordRun.run(["explain", Self.event] + more, settings: database.settings)
    }

    @Test func `A decision comes out the same after its rules were changed`() async throws {
        try await withDecision { database in
            let text = try await explain(in: database)
            #expect(text.status == 0, "\(text.text)")
            #expect(text.text.contains("reason    rule 1 ("), "\(text.text)")
            #expect(text.text.contains("lost      rule 2 (d / * / s*: skip): codec: h265 is demanded"), "\(text.text)")
            #expect(text.text.hasSuffix("\nidentical to what was decided\n"), "\(text.text)")
            let json = try await explain("--output", "json", in: database)
            #expect(json.status == 0, "\(json.text)")
            #expect(json.json?["identical"] as? Bool == true, "\(json.text)")
            #expect((json.json?["explanation"] as? [String: Any])?["rule"] as? Int == 1)
        }
    }

    @Test func `A decision that was made for another callback comes out the same, and that one is named`() async throws
    {
        try await withDecision { database in
            let first = "01a21730-0000-7c41-9b0f-6a1d2e3f4a5b"
            try await database.withConnection { owner in
                try await owner.simpleQuery("UPDATE needrecord.outcomes SET late_of = '\(first)'")
            }
            let text = try await explain(in: database)
            #expect(text.status == 0, "\(text.text)")
            #expect(text.text.contains("decided for the callback \(first), too late for it"), "\(text.text)")
            let json = try await explain("--output", "json", in: database)
            #expect(json.json?["late_of"] as? String == first, "\(json.text)")
        }
    }

    @Test func `A decision that was tampered with is told`() async throws {
        try await withDecision { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    "UPDATE needrecord.outcomes SET decision = jsonb_set(decision, '{intervals,mp4}', '600')"
                )
            }
            let text = try await explain(in: database)
            #expect(text.status == 1, "\(text.text)")
            #expect(text.text.contains("NOT identical"), "\(text.text)")
            #expect(text.text.contains("differs   verdict\n"), "\(text.text)")
            let json = try await explain("--output", "json", in: database)
            #expect(json.status == 1)
            #expect(json.json?["differences"] as? [String] == ["verdict"], "\(json.text)")
        }
    }

    @Test func `An answer that is not what was decided is told`() async throws {
        try await withDecision { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    #"UPDATE needrecord.outcomes SET answer = '{"ApiVersion":"1.0","NeedRecord":false}'"#
                )
            }
            let json = try await explain("--output", "json", in: database)
            #expect(json.status == 1, "\(json.text)")
            #expect(json.json?["identical"] as? Bool == false, "\(json.text)")
            #expect(json.json?["differences"] as? [String] == ["answer"], "\(json.text)")
            #expect(json.json?["stored_answer"] as? String == #"{"ApiVersion":"1.0","NeedRecord":false}"#)
        }
    }

    @Test func `What the callback said is what is decided on again`() async throws {
        try await withDecision { database in
            for change in ["bitrate = 499", "codec = 'h265'", "stream = 'x'", "domain = 'e'"] {
                try await database.withConnection { owner in
                    _ = try await owner.simpleQuery("UPDATE needrecord.outcomes SET \(change)")
                }
                let changed = try await explain(in: database)
                #expect(changed.status == 1, "\(change): \(changed.text)")
                try await database.withConnection { owner in
                    _ = try await owner.simpleQuery(
                        """
                        UPDATE needrecord.outcomes
                        SET bitrate = 800, codec = 'h264', stream = 's', domain = 'd'
                        """
                    )
                }
            }
            #expect(try await explain(in: database).status == 0)
        }
    }

    @Test func `Without a decision in time it is told why`() async throws {
        try await withDecision { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    """
                    INSERT INTO needrecord.late_decisions (event_id, gateway_run, received_at, rule, revision, late_us,
                        need_record, gateway, worker, decision)
                    SELECT event_id, gateway_run, now(), rule, revision, 5, true, gateway, worker, decision
                    FROM needrecord.outcomes;
                    UPDATE needrecord.outcomes SET cause = 'timeout', need_record = false, formats = '{}', decided_at = NULL,
                        rule = NULL, revision = NULL, reason = NULL, worker = NULL, decision = NULL
                    """
                )
            }
            let late = try await explain(in: database)
            #expect(late.status == 1)
            #expect(late.text.contains("answered with the default (timeout)"), "\(late.text)")
            #expect(late.text.contains(#"came too late: {"verdict":"record""#), "\(late.text)")
            try await database.withConnection { try await $0.simpleQuery("DELETE FROM needrecord.late_decisions") }
            #expect(try await explain(in: database).text.hasSuffix("there is no decision in time\n"))
            try await database.withConnection { try await $0.simpleQuery("DELETE FROM needrecord.outcomes") }
            let none = try await explain(in: database)
            #expect(none.status == 1)
            #expect(none.text.contains("there is no outcome of the event \(Self.event)"), "\(none.text)")
        }
        #expect(try await NeedRecordRun.run("explain", "17").status == 64)
    }
}
