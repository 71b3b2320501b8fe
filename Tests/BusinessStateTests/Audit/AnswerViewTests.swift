import DecisionCore
import Postgres
import TestSupport
import Testing

/// What the views say of answers: how many were the default, and where the time went.
@Suite(.timeLimit(.minutes(1))) struct AnswerViewTests {
    @Test func `Fallbacks are counted by minute, gateway and cause`() async throws {
        var rows = FallbackCause.allCases.enumerated().map { number, cause in
            OutcomeRow.fallback("10:00:01", UInt64(number), cause: cause)
        }
        rows += [
            OutcomeRow("10:00:59.999", 20), OutcomeRow.skip("10:00:30", 21), OutcomeRow.skip("10:00:30", 22),
            OutcomeRow("10:00:02", 30, ["gateway": "'gw-2'"]),
            .fallback("10:01:00", 40, cause: .draining), .fallback("10:01:00", 41, cause: .draining),
            OutcomeRow.skip("10:01:00", 42),
            // Another life of the same gateway counts with it.
            OutcomeRow("10:01:30", 43, ["gateway_run": "'\(OutcomeRow.runs.second)'"]),
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            #expect(
                try await owner.lines(
                    """
                    SELECT to_char(minute, 'HH24:MI'), gateway, answers, to_record, fallbacks, rate, timeout,
                        broker_unavailable, broker_blocked, unroutable, overloaded, state_unavailable, draining
                    FROM needrecord.fallbacks_by_minute ORDER BY minute, gateway
                    """
                ) == [
                    "10:00 gw-1 10 1 7 0.7000 1 1 1 1 1 1 1",
                    "10:00 gw-2 1 1 0 0.0000 0 0 0 0 0 0 0",
                    "10:01 gw-1 4 1 2 0.5000 0 0 0 0 0 0 2",
                ]
            )
        }
    }

    @Test func `Steps are means of what was decided, and together the mean answer`() async throws {
        let rows = [
            // In the gateway 0.1 ms, in the broker 1 ms, in the worker 0.3 ms and 0.5 ms for facts, in the gateway 0.1 ms.
            OutcomeRow("10:00:01", 1),
            // 0.3, 2, 1.7, 5 and 1 ms.
            OutcomeRow(
                "10:00:02",
                2,
                [
                    "answer_us": "10000", "publish_us": "300", "reply_us": "9000", "worker_us": "6700",
                    "facts_us": "5000",
                ]
            ),
            .fallback("10:00:03", 3, ["answer_us": "4001234", "publish_us": "90000"]),
            // Its steps are not those of its decision, which was made for another callback.
            OutcomeRow(
                "10:00:04",
                5,
                [
                    "late_of": "'0198c000-0000-7000-8000-0000000000aa'", "answer_us": "4001234",
                    "publish_us": "90000", "reply_us": "NULL", "worker_us": "NULL", "facts_us": "NULL",
                ]
            ),
            .fallback("10:01:03", 4, cause: .overloaded, ["answer_us": "7", "publish_us": "NULL", "publishes": "0"]),
        ]
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            #expect(
                try await owner.lines(
                    """
                    SELECT to_char(minute, 'HH24:MI'), gateway, answers, p50_ms, p99_ms, max_ms, decided, admission_ms,
                        broker_ms, worker_ms, facts_ms, answer_ms
                    FROM needrecord.step_times_by_minute ORDER BY minute
                    """
                ) == [
                    "10:00 gw-1 4 10.000 4001.234 4001.234 2 0.200 1.500 1.000 2.750 0.550",
                    "10:01 gw-1 1 0.007 0.007 0.007 0 - - - - -",
                ]
            )
            let sum =
                "SELECT admission_ms + broker_ms + worker_ms + facts_ms + answer_ms FROM needrecord.step_times_by_minute"
            #expect(try await owner.lines(sum).contains("6.000"))
        }
    }

    @Test func `Half of a hundred answers are within p50, and 99 within p99`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert((1...100).map { OutcomeRow("10:00", $0, ["answer_us": "\($0 * 1_000)"]) })
            let line = "SELECT p50_ms, p99_ms, max_ms FROM needrecord.step_times_by_minute"
            #expect(try await owner.lines(line) == ["50.000 99.000 100.000"])
        }
    }
}
