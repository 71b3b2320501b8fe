import Foundation
import Postgres
import TestSupport
import Testing

/// The document and the database say the same.
@Suite(.timeLimit(.minutes(1))) struct AuditDocumentTests {
    @Test func `The tables of columns are those of the database`() async throws {
        let document = try AuditQuestions.document()
        try await ProductDatabase.withOutcomeDays { owner in
            let tables = try await owner.lines(
                """
                SELECT format(E'### %s\\n\\n%s\\n\\n| column | |\\n|---|---|\\n%s\\n', c.relname, obj_description(c.oid), (
                    SELECT string_agg(
                        format('| `%s` | %s |', a.attname, col_description(c.oid, a.attnum)), E'\\n' ORDER BY a.attnum
                    )
                    FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                ))
                FROM pg_class AS c
                WHERE c.relnamespace = 'needrecord'::regnamespace AND NOT c.relispartition AND (
                    c.relname IN ('outcomes', 'gateway_minutes', 'late_decisions', 'undeliverable_replies')
                    OR c.relkind = 'v' AND c.relname <> 'quota_usage'
                )
                """
            )
            #expect(tables.count == 14)
            for table in tables {
                #expect(document.contains(table), "run deploy/local/audit-columns:\n\(table)")
                #expect(!table.contains("|  |"), "a column without a comment:\n\(table)")
            }
        }
    }

    @Test func `Every view has a query and a command`() throws {
        let document = try AuditQuestions.document()
        let questions = try AuditQuestions.all()
        for view in [
            "fallbacks_by_minute", "step_times_by_minute", "pushes", "missing_files", "unwanted_files",
            "format_differences", "rule_changes", "unbalanced_minutes", "replay_results",
        ] {
            #expect(questions.contains { $0.contains("FROM needrecord.\(view)\n") }, "\(view)")
        }
        // After each query comes the command that asks the same.
        #expect(document.components(separatedBy: ";\n```\n\n    needrecord audit ").count == questions.count + 1)
    }

    @Test func `Every function of the audit trail says what it is`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let silent = try await owner.lines(
                    """
                    SELECT proname FROM pg_proc
                    WHERE pronamespace = 'needrecord'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
                        AND proname IN ('event_minute', 'prepare_outcome_partitions', 'prune_audit_trail', 'push_gap',
                            'file_grace', 'file_format')
                    """
                )
                #expect(silent.isEmpty)
            }
        }
    }
}
