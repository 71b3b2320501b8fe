import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// Days are made ahead, beside everybody who reads and writes.
@Suite(.timeLimit(.minutes(1))) struct OutcomePartitionTests {
    private static let partitions = """
        SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'needrecord.outcomes'::regclass ORDER BY 1
        """

    private static func prepare(_ days: String, _ connection: PostgresConnection) async throws -> Int {
        try await connection.value(
            Int.self,
            PostgresQuery(unescaped: "SELECT needrecord.prepare_outcome_partitions(\(days))")
        )
    }

    @Test func `Days are made once, both ends included, and the gaps between them`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_auditor") { auditor in
                for (days, made) in [
                    ("'2026-11-22', '2026-11-22'", 1), ("'2026-11-22', '2026-11-22'", 0),
                    ("'2026-11-21', '2026-11-24'", 3), ("'2026-11-21', '2026-11-24'", 0),
                    ("'2024-02-28', '2024-03-01'", 3),
                ] {
                    let count = try await Self.prepare(days, auditor)
                    #expect(count == made, "\(days)")
                }
                #expect(
                    try await auditor.lines(Self.partitions) == [
                        "outcomes_20240228", "outcomes_20240229", "outcomes_20240301", "outcomes_20261121",
                        "outcomes_20261122", "outcomes_20261123", "outcomes_20261124",
                    ]
                )
            }
        }
    }

    @Test func `Days that nobody can mean are refused`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_auditor") { auditor in
                for days in [
                    "'2019-12-31', '2020-01-01'", "'2099-12-31', '2100-01-01'", "'2026-11-22', '2026-11-21'",
                    "'2026-01-01', '2027-02-06'", "NULL, '2026-11-22'", "'2026-11-22', NULL",
                    "'-infinity', '2026-01-01'",
                    "'2026-01-01', 'infinity'",
                ] {
                    let error = try await auditor.failure(of: "SELECT needrecord.prepare_outcome_partitions(\(days))")
                    #expect(error.sqlState == .init(rawValue: "22023"), "\(days)")
                }
                #expect(try await auditor.lines(Self.partitions).isEmpty)
                #expect(try await Self.prepare("'2020-01-01', '2020-01-02'", auditor) == 2)
                #expect(try await Self.prepare("'2026-01-01', '2027-02-05'", auditor) == 401)
            }
        }
    }

    @Test(arguments: ["ISO, MDY", "SQL, DMY", "German", "Postgres, MDY"])
    func `A day is one of UTC, whatever the session's clock and calendar`(style: String) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_auditor") { auditor in
                try await auditor.simpleQuery("SET TimeZone = 'Asia/Shanghai'; SET DateStyle = '\(style)'")
                #expect(try await Self.prepare("date '2026-11-22', date '2026-11-22'", auditor) == 1)
            }
            try await database.withConnection { owner in
                try await owner.insert([OutcomeRow("00:00"), OutcomeRow("23:59:59.999")])
                for row in [
                    OutcomeRow(at: .written("2026-11-21 23:59:59.999+00")),
                    OutcomeRow(at: .written("2026-11-23 00:00:00+00")),
                ] {
                    let error = try await owner.failure(of: row.insert)
                    #expect(error.sqlState == .checkViolation, "there is no partition for it")
                }
            }
        }
    }

    @Test func `A day has the indexes, the checks and the comments, and no privileges of its own`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            func count(_ sql: String) async throws -> Int {
                try await owner.value(Int.self, PostgresQuery(unescaped: sql))
            }
            for (what, sql) in [
                ("indexes", "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = '%'::regclass"),
                ("checks", "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conrelid = '%'::regclass"),
                ("comments", "SELECT count(*) FROM pg_description WHERE objoid = '%'::regclass AND objsubid > 0"),
            ] {
                let all = try await count(sql.replacing("%", with: "needrecord.outcomes"))
                #expect(try await count(sql.replacing("%", with: "needrecord.outcomes_20261122")) == all, "\(what)")
                #expect(all >= 5, "\(what)")
            }
            let granted =
                "SELECT count(*) FROM pg_class WHERE oid = 'needrecord.outcomes_20261122'::regclass AND relacl IS NOT NULL"
            #expect(try await count(granted) == 0)
        }
    }

    @Test func `A day that was detached to be kept is not taken for one`() async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.simpleQuery("ALTER TABLE needrecord.outcomes DETACH PARTITION needrecord.outcomes_20261122")
            let call = "SELECT needrecord.prepare_outcome_partitions('2026-11-22', '2026-11-22')"
            #expect(try await owner.failure(of: call).sqlState == .duplicateTable)
            try await owner.simpleQuery("ALTER TABLE needrecord.outcomes_20261122 RENAME TO kept_20261122; \(call)")
            try await owner.insert([OutcomeRow("10:00")])
        }
    }

    @Test func `Whoever comes at the same time makes each day once`() async throws {
        try await ProductDatabase.with { database in
            let made = try await withThrowingTaskGroup(of: Int.self) { group in
                for first in 1...6 {
                    group.addTask {
                        try await database.withConnection(role: "needrecord_auditor") { auditor in
                            var made = 0
                            for last in first...10 {
                                made += try await Self.prepare(
                                    "'2026-11-0\(first)', date '2026-11-01' + \(last)",
                                    auditor
                                )
                            }
                            return made
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(made == 11)
        }
    }

    @Test func `Nobody who reads or writes is waited for, or waits`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                #expect(try await Self.prepare("'2026-11-22', '2026-11-22'", owner) == 1)
                try await owner.simpleQuery("BEGIN; SELECT count(*) FROM needrecord.outcomes")
                try await owner.insert([OutcomeRow("10:00")])
                try await database.withConnection(role: "needrecord_auditor") { auditor in
                    try await auditor.simpleQuery("BEGIN; SET LOCAL statement_timeout = '2s'")
                    #expect(try await Self.prepare("'2026-11-23', '2026-11-24'", auditor) == 2)
                    // Not committed yet.
                    try await owner.simpleQuery(
                        "SET LOCAL statement_timeout = '2s'; SELECT count(*) FROM needrecord.outcomes"
                    )
                    try await owner.insert([OutcomeRow("10:01")])
                    try await auditor.simpleQuery("COMMIT")
                }
                try await owner.insert([OutcomeRow(at: .written("2026-11-23 10:00:00+00"))])
                try await owner.simpleQuery("COMMIT")
                #expect(try await owner.value(Int.self, "SELECT count(*) FROM needrecord.outcomes") == 3)
            }
        }
    }
}
