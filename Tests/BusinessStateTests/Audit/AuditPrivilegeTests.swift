import DecisionCore
import Postgres
import TestSupport
import Testing

/// The auditor writes and takes nothing back, readers read, and nobody else comes near.
@Suite(.timeLimit(.minutes(1))) struct AuditPrivilegeTests {
    private static let roles = ["needrecord_worker", "needrecord_auditor", "needrecord_operator", "needrecord_reader"]

    /// The tables, and the columns that the auditor may read: what tells whether a row is there already.
    private static let tables = [
        "outcomes": "event_id, minute, cause, answer", "late_decisions": "event_id",
        "undeliverable_replies": "event_id, worker",
        "gateway_minutes": "gateway_run, minute, received, unkept, gateway, outcomes",
    ]

    private static let views = [
        "fallbacks_by_minute", "step_times_by_minute", "pushes", "missing_files", "unwanted_files",
        "format_differences", "rule_changes", "unbalanced_minutes",
    ]

    private static let readers: Set = ["needrecord_operator", "needrecord_reader"]

    @Test(arguments: roles)
    func `A role may do its own job, and nothing else`(role: String) async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.simpleQuery("SET ROLE \(role)")
            for (table, keys) in Self.tables {
                for (privilege, sql) in [
                    ("SELECT", "SELECT * FROM needrecord.\(table) WHERE false"),
                    ("keys", "SELECT \(keys) FROM needrecord.\(table) WHERE false"),
                    ("UPDATE", "UPDATE needrecord.\(table) SET gateway_run = NULL WHERE false"),
                    ("DELETE", "DELETE FROM needrecord.\(table) WHERE false"),
                    ("TRUNCATE", "TRUNCATE needrecord.\(table)"),
                    ("INSERT", "INSERT INTO needrecord.\(table) DEFAULT VALUES"),
                ] {
                    let sql = table == "undeliverable_replies" ? sql.replacing("gateway_run =", with: "worker =") : sql
                    let isAllowed =
                        switch privilege {
                        case "SELECT":
                            Self.readers.contains(role) || role == "needrecord_auditor" && table == "gateway_minutes"
                        case "keys": Self.readers.contains(role) || role == "needrecord_auditor"
                        case "INSERT": role == "needrecord_auditor"
                        default: false
                        }
                    #expect(try await Self.isRefused(sql, owner) == !isAllowed, "\(privilege) on \(table)")
                }
            }
            // A gateway may tell of a minute again, and then it has new totals; whose and which it is stays.
            for column in ["received", "unkept", "outcomes", "gateway", "gateway_run", "minute"] {
                let sql = "UPDATE needrecord.gateway_minutes SET \(column) = NULL WHERE false"
                let isAllowed = role == "needrecord_auditor" && ["received", "unkept", "outcomes"].contains(column)
                #expect(try await Self.isRefused(sql, owner) == !isAllowed, "\(column)")
            }
            for view in Self.views {
                let isAllowed = Self.readers.contains(role)
                #expect(
                    try await Self.isRefused("SELECT * FROM needrecord.\(view) LIMIT 1", owner) == !isAllowed,
                    "\(view)"
                )
            }
            // A partition is reached through its table only, and whole columns but for keys are not the auditor's.
            for sql in [
                "SELECT FROM needrecord.outcomes_20261122", "DELETE FROM needrecord.outcomes_20261122",
                "DROP TABLE needrecord.outcomes_20261122", "INSERT INTO needrecord.outcomes_20261122 DEFAULT VALUES",
                "ALTER TABLE needrecord.outcomes DETACH PARTITION needrecord.outcomes_20261122",
                "DROP VIEW needrecord.pushes", "ALTER TABLE needrecord.outcomes DISABLE TRIGGER ALL",
            ] {
                #expect(try await Self.isRefused(sql, owner), "\(sql)")
            }
        }
    }

    @Test(arguments: roles)
    func `Only the auditor makes and drops days`(role: String) async throws {
        try await ProductDatabase.withOutcomeDays { owner in
            try await owner.simpleQuery("SET ROLE \(role)")
            for call in [
                "prepare_outcome_partitions('2026-11-22', '2026-11-25')", "prune_audit_trail('2026-11-01Z', 10)",
            ] {
                let isRefused = try await Self.isRefused("SELECT needrecord.\(call)", owner)
                #expect(isRefused == (role != "needrecord_auditor"), "\(call)")
            }
            for call in ["event_minute(gen_random_uuid())", "push_gap()", "file_grace()", "file_format('a.mp4')"] {
                try await owner.simpleQuery("SELECT needrecord.\(call)")
            }
        }
    }

    @Test func `The auditor writes with COPY, and once more what may be there already`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_auditor") { auditor in
                try await auditor.simpleQuery(
                    "SELECT needrecord.prepare_outcome_partitions('2026-11-22', '2026-11-22')"
                )
                let row = OutcomeRow("10:00").insert
                try await auditor.simpleQuery(row)
                #expect(try await auditor.failure(of: row).sqlState == .uniqueViolation)
                let new = try await auditor.query(
                    PostgresQuery(unescaped: row + " ON CONFLICT DO NOTHING RETURNING event_id")
                )
                #expect(new.isEmpty)
                let id = "01a202ee-4760-7000-8000-000000000001"
                let written = try await auditor.copyIn(
                    PostgresIdentifier(schema: "needrecord", "outcomes"),
                    columns: [
                        "event_id", "gateway_run", "minute", "received_at", "answer_us", "publishes", "need_record",
                        "domain", "app", "stream", "anomalies", "cause", "formats", "gateway", "answer",
                    ],
                    rows: [
                        [
                            id, OutcomeRow.runs.first, "2026-11-22 11:05Z", "2026-11-22 11:05Z", "1", "0", "f",
                            "d", "a", "s", "{}", "overloaded", "{}", "gw-1", "{}",
                        ]
                    ]
                )
                #expect(written == 1)
            }
        }
    }

    /// Whether the role has not the right; anything else that is wrong with the statement is let pass.
    private static func isRefused(_ sql: String, _ connection: PostgresConnection) async throws -> Bool {
        do {
            try await connection.simpleQuery("BEGIN")
            try await connection.simpleQuery(sql)
            try await connection.simpleQuery("ROLLBACK")
            return false
        } catch {
            try await connection.simpleQuery("ROLLBACK")
            return error.sqlState == .insufficientPrivilege
        }
    }
}
