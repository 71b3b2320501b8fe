import DecisionCore
import Postgres
import TestSupport
import Testing

/// Nothing can be kept that could not have happened.
@Suite(.timeLimit(.minutes(1))) struct OutcomeConstraintTests {
    /// What is changed in a row that is decided to record, and the constraint that refuses it.
    private static let violations: [(changes: [String: String], constraint: String)] = [
        (["minute": "'2026-11-22 10:01:00+00'"], "outcomes_minute_is_of_event"),
        (["minute": "'2026-11-22 10:00:00.25+00'"], "outcomes_minute_is_of_event"),
        (["cause": "'because'"], "outcomes_cause_known"),
        (["cause": "'timeout'"], "outcomes_decision_is_whole"),
        (["reason": "'whim'", "rule": "NULL", "need_record": "false", "formats": "'{}'"], "outcomes_reason_known"),
        (["reason": "NULL"], "outcomes_decision_is_whole"),
        (["decided_at": "NULL"], "outcomes_decision_is_whole"),
        (["revision": "NULL"], "outcomes_decision_is_whole"),
        (["decision": "NULL"], "outcomes_decision_is_whole"),
        (["rule": "NULL"], "outcomes_decision_is_whole"),
        (["reason": "'no_rule_matches'"], "outcomes_decision_is_whole"),
        (["decision": "'[]'"], "outcomes_decision_is_object"),
        (["reason": "'quota_exhausted'"], "outcomes_record_by_rule"),
        (["reason": "'no_rule_matches'", "rule": "NULL"], "outcomes_record_by_rule"),
        (["formats": "'{mkv}'"], "outcomes_formats_known"),
        (["formats": "'{flv,mp4}'"], "outcomes_formats_known"),
        (["formats": "'{mp4,mp4}'"], "outcomes_formats_known"),
        (["formats": "'{NULL}'"], "outcomes_formats_known"),
        (["need_record": "false"], "outcomes_formats_to_record"),
        (["codec": "'av1'"], "outcomes_codec_known"),
        (["bitrate": "-1"], "outcomes_bitrate_range"),
        (["publishes": "-1"], "outcomes_publishes_range"),
        (["answer_us": "-1"], "outcomes_times_range"),
        (["publish_us": "-1"], "outcomes_times_range"),
        (["reply_us": "-1"], "outcomes_times_range"),
        (["worker_us": "-1"], "outcomes_times_range"),
        (["facts_us": "-1"], "outcomes_times_range"),
        (["answer": "''"], "outcomes_answer_length"),
        (["answer": "repeat('x', 2049)"], "outcomes_answer_length"),
        (["gateway": "''"], "outcomes_gateway_length"),
        (["worker": "repeat('x', 256)"], "outcomes_worker_length"),
        (["stream": "''"], "callback_name_length"),
        (["app": "repeat('x', 256)"], "callback_name_length"),
        (["domain": "repeat('日', 86)"], "callback_name_length"),
    ]

    @Test func `What cannot have happened is refused by the constraint that says so`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            for (changes, constraint) in Self.violations {
                let error = try await owner.failure(of: OutcomeRow("10:00:00.250", 1, changes).insert)
                #expect(error.constraint == constraint, "\(changes)")
            }
            for cause in FallbackCause.allCases {
                let row = OutcomeRow(
                    "10:00",
                    1,
                    OutcomeRow.fallbackColumns(cause).merging(["need_record": "true"]) { $1 }
                )
                let error = try await owner.failure(of: row.insert)
                #expect(error.constraint == "outcomes_record_by_rule", "\(cause)")
                let late = OutcomeRow.fallback("10:00", 1, cause: cause, ["late_of": "gen_random_uuid()"])
                let lateError = try await owner.failure(of: late.insert)
                #expect(lateError.constraint == "outcomes_late_of_is_decided", "\(cause)")
            }
            #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.outcomes") == 0)
        }
    }

    @Test func `A row needs all that every outcome has`() async throws {
        let optional: Set = [
            "decided_at", "rule", "revision", "publish_us", "reply_us", "worker_us", "facts_us", "bitrate", "codec",
            "reason", "worker", "decision",
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            for column in OutcomeRow("10:00").columns.keys where !optional.contains(column) {
                let error = try await owner.failure(of: OutcomeRow("10:00", 1, [column: "NULL"]).insert)
                // Without a minute there is no partition to begin with.
                #expect(error.sqlState == (column == "minute" ? .checkViolation : .notNullViolation), "\(column)")
            }
        }
    }

    @Test func `Every kind of outcome can be kept`() async throws {
        var rows = FallbackCause.allCases.enumerated().map { number, cause in
            OutcomeRow.fallback("10:00", UInt64(number), cause: cause)
        }
        rows += [
            OutcomeRow("10:01", 1), .skip("10:01", 2), .skip("10:01", 3, ["reason": "'quota_exhausted'"]),
            .skip("10:01", 4, ["reason": "'no_rule_matches'", "rule": "NULL"]),
            OutcomeRow("10:01", 5, ["formats": "'{}'", "bitrate": "NULL", "codec": "NULL", "worker": "NULL"]),
            OutcomeRow("10:01", 6, ["formats": "'{mp4,flv,m3u8}'", "publishes": "3", "answer": "repeat('x', 2048)"]),
            OutcomeRow(
                "10:01",
                7,
                ["stream": "repeat('x', 255)", "anomalies": "'{malformed_vbitrate,unknown_codec}'"]
            ),
            // The worker said that it cannot decide.
            .fallback("10:01", 8, cause: .stateUnavailable, ["reply_us": "5", "worker": "'w'", "worker_us": "3"]),
            // Put back by an hour: the clock of a gateway, whose ids only go up.
            OutcomeRow("10:01", 9, ["received_at": "'2026-11-22 09:01Z'"]),
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.outcomes") == rows.count)
        }
    }

    @Test func `An event has one outcome, whoever answered it`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert([OutcomeRow("23:59:59.999", 1), OutcomeRow("00:00", 1)])
            let again = OutcomeRow(
                "23:59:59.999",
                1,
                ["gateway_run": "'\(OutcomeRow.runs.second)'", "gateway": "'gw-2'"]
            )
            let error = try await owner.failure(of: again.insert)
            #expect(error.sqlState == .uniqueViolation)
            // Nor in the partition of another day.
            let elsewhere = OutcomeRow("23:59:59.999", 1, ["minute": "'2026-11-23 00:00Z'"])
            #expect(try await owner.failure(of: elsewhere.insert).constraint == "outcomes_minute_is_of_event")
        }
    }

    @Test func `What gateways have counted and what came too late is plausible, too`() async throws {
        let run = "'\(OutcomeRow.runs.first)'"
        try await ProductDatabase.withOutcomeDays { owner in
            for (table, values) in [
                ("gateway_minutes", "\(run), '2026-11-22 10:00:30Z', 1, 0, 'gw', '{}'"),
                ("gateway_minutes", "\(run), '2026-11-22 10:00Z', -1, 0, 'gw', '{}'"),
                ("gateway_minutes", "\(run), '2026-11-22 10:00Z', 1, -1, 'gw', '{}'"),
                ("gateway_minutes", "\(run), '2026-11-22 10:00Z', 1, 0, '', '{}'"),
                ("gateway_minutes", "\(run), '2026-11-22 10:00Z', 1, 0, 'gw', '[]'"),
                ("late_decisions", "\(run), \(run), now(), 1, 1, -1, true, 'gw', 'w', '{}'"),
                ("late_decisions", "\(run), \(run), now(), 1, 1, 1, true, 'gw', 'w', '1'"),
                ("undeliverable_replies", "\(run), now(), 1, 1, true, '', '{}'"),
                ("undeliverable_replies", "\(run), now(), 1, 1, true, 'w', '[]'"),
            ] {
                let error = try await owner.failure(of: "INSERT INTO needrecord.\(table) VALUES (\(values))")
                #expect(error.sqlState == .checkViolation, "\(table): \(values)")
            }
            try await owner.simpleQuery(
                """
                INSERT INTO needrecord.gateway_minutes VALUES (\(run), '2026-11-22 10:00Z', 1, 0, 'gw', '{"decided": 1}');
                INSERT INTO needrecord.late_decisions VALUES (\(run), \(run), now(), NULL, 1, 0, false, 'gw', 'w', '{}');
                INSERT INTO needrecord.undeliverable_replies VALUES (\(run), now(), NULL, 1, false, 'w', '{}');
                """
            )
        }
    }
}
