import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// Where counters and rows are not the same.
@Suite(.timeLimit(.minutes(1))) struct UnbalancedMinutesViewTests {
    private static func count(
        _ minute: String,
        received: Int,
        unkept: Int = 0,
        _ outcomes: String,
        gateway: String = "gw-1",
        run: String = OutcomeRow.runs.first
    ) -> String {
        """
        INSERT INTO needrecord.gateway_minutes (gateway_run, minute, gateway, received, unkept, outcomes)
        VALUES ('\(run)', '\(Timestamp.onTheDay(minute))', '\(gateway)', \(received), \(unkept), '\(outcomes)');
        """
    }

    private static let view = """
        SELECT to_char(minute, 'HH24:MI'), gateway, right(gateway_run::text, 1), cause, counted, kept, unkept, state
        FROM needrecord.unbalanced_minutes ORDER BY minute, gateway, gateway_run, cause
        """

    private static func unbalanced(_ rows: [OutcomeRow], _ counts: [String]) async throws -> [String] {
        var lines: [String] = []
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.insert(rows)
            try await owner.simpleQuery(counts.joined())
            lines = try await owner.lines(view)
        }
        return lines
    }

    @Test func `Nothing is said of minutes that agree`() async throws {
        let second = ["gateway": "'gw-2'", "gateway_run": "'\(OutcomeRow.runs.second)'"]
        let lines = try await Self.unbalanced(
            [
                OutcomeRow("10:00", 1), OutcomeRow("10:00:59", 2), .fallback("10:00", 3), OutcomeRow("10:01", 4),
                OutcomeRow("10:00", 5, second),
            ],
            [
                Self.count("10:00", received: 3, #"{"decided": 2, "timeout": 1, "draining": 0}"#),
                Self.count("10:01", received: 1, #"{"decided": 1}"#), Self.count("10:02", received: 0, "{}"),
                Self.count("10:00", received: 1, #"{"decided": 1}"#, gateway: "gw-2", run: OutcomeRow.runs.second),
            ]
        )
        #expect(lines.isEmpty)
    }

    @Test func `A cause that differs is told, in either direction`() async throws {
        let lines = try await Self.unbalanced(
            [OutcomeRow("10:00", 1), .fallback("10:00", 2), OutcomeRow("10:01", 3), .fallback("10:01", 4)],
            [
                Self.count("10:00", received: 4, #"{"decided": 3, "timeout": 1}"#),
                Self.count("10:01", received: 2, #"{"decided": 2}"#),
                Self.count("10:02", received: 5, #"{"decided": 5}"#),
            ]
        )
        #expect(
            lines == [
                "10:00 gw-1 1 decided 3 1 0 differs", "10:01 gw-1 1 decided 2 1 0 differs",
                "10:01 gw-1 1 timeout 0 1 0 differs", "10:02 gw-1 1 decided 5 0 0 differs",
            ]
        )
    }

    @Test func `Rows that a gateway was killed before counting are uncounted, one process apart from the next`()
        async throws
    {
        let second = ["gateway_run": "'\(OutcomeRow.runs.second)'"]
        let lines = try await Self.unbalanced(
            [OutcomeRow("10:00", 1), .fallback("10:00", 2), OutcomeRow("10:00:40", 3, second)],
            [Self.count("10:00", received: 1, #"{"decided": 1}"#, run: OutcomeRow.runs.second)]
        )
        #expect(
            lines == ["10:00 gw-1 1 decided - 1 0 uncounted", "10:00 gw-1 1 timeout - 1 0 uncounted"]
        )
    }

    @Test func `What a gateway could not keep explains what is missing, and nothing else`() async throws {
        let lines = try await Self.unbalanced(
            [
                OutcomeRow("10:00", 1), OutcomeRow("10:01", 2), OutcomeRow("10:02", 3), .fallback("10:02", 4),
                .fallback("10:02", 5),
            ],
            [
                Self.count("10:00", received: 5, unkept: 4, #"{"decided": 3, "timeout": 2}"#),
                Self.count("10:01", received: 5, unkept: 3, #"{"decided": 5}"#),
                // One is missing, and one is there that was not counted.
                Self.count("10:02", received: 5, unkept: 2, #"{"decided": 4, "timeout": 1}"#),
            ]
        )
        #expect(
            lines == [
                "10:00 gw-1 1 decided 3 1 4 unkept", "10:00 gw-1 1 timeout 2 0 4 unkept",
                "10:01 gw-1 1 decided 5 1 3 differs", "10:02 gw-1 1 decided 4 1 2 differs",
                "10:02 gw-1 1 timeout 1 2 2 differs",
            ]
        )
    }

    @Test func `A gateway that received more than it answered is told`() async throws {
        let lines = try await Self.unbalanced(
            [OutcomeRow("10:00", 1), OutcomeRow("10:01", 2)],
            [
                Self.count("10:00", received: 3, #"{"decided": 1}"#),
                Self.count("10:01", received: 4, unkept: 2, #"{"decided": 3}"#),
                Self.count("10:02", received: 0, #"{"decided": 0, "timeout": 0}"#),
            ]
        )
        #expect(
            lines == [
                "10:00 gw-1 1 unanswered 2 0 0 differs", "10:01 gw-1 1 decided 3 1 2 differs",
                "10:01 gw-1 1 unanswered 1 0 2 differs",
            ]
        )
    }

    @Test func `The last minutes are not judged, and are told`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery(
                    "SELECT needrecord.prepare_outcome_partitions(current_date - 1, current_date + 1)"
                )
                let now = Timestamp(try await owner.value(PostgresTimestamp.self, "SELECT now()"))
                try await owner.insert([
                    OutcomeRow(at: now.advanced(by: .seconds(-120)), 1),
                    OutcomeRow(at: now.advanced(by: .seconds(-420)), 2),
                ])
                let states = "SELECT state, counted, kept FROM needrecord.unbalanced_minutes ORDER BY minute"
                #expect(try await owner.lines(states) == ["uncounted - 1", "recent - 1"])
            }
        }
    }
}
