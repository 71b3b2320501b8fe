import DecisionCore
import Postgres
import TestSupport
import Testing

/// Who changed which rule, and what of it.
@Suite(.timeLimit(.minutes(1))) struct RuleChangesViewTests {
    @Test func `Each rule of each revision is told with what became of it`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                for change in [
                    """
                    INSERT INTO needrecord.rules (effect, domain, name, formats, interval_mp4)
                    VALUES ('record', 'd', 'one', '{mp4}', 300), ('skip', 'e', NULL, '{}', NULL)
                    """,
                    """
                    BEGIN; SET LOCAL needrecord.note = 'Q1 offer';
                    UPDATE needrecord.rules SET formats = '{}', interval_mp4 = NULL, priority = 5 WHERE name = 'one';
                    INSERT INTO needrecord.rules (effect, shadow, rule_set) VALUES ('skip', true, 'others');
                    COMMIT
                    """,
                    "DELETE FROM needrecord.rules WHERE name IS NULL",
                ] { try await owner.simpleQuery(change) }

                let columns = "revision, change, rule, rule_set, name, shadow"
                #expect(
                    try await owner.lines("SELECT \(columns) FROM needrecord.rule_changes ORDER BY revision, rule") == [
                        "1 added 1 default one f", "1 added 2 default - f", "2 changed 1 default one f",
                        "2 added 3 others - t", "3 removed 2 default - f", "3 removed 3 others - t",
                    ]
                )
                let changed = "SELECT note, before, after FROM needrecord.rule_changes WHERE change = 'changed'"
                #expect(
                    try await owner.lines(changed) == [
                        #"Q1 offer {"formats": ["mp4"], "priority": 0, "interval_mp4": 300} {"formats": [], "priority": 5}"#
                    ]
                )
                let whole = """
                    {"app": "*", "note": "", "domain": "e", "effect": "skip", "shadow": false, "stream": "*", \
                    "enabled": true, "formats": [], "priority": 0, "rule_set": "default"}
                    """
                let ends = "SELECT change, before, after FROM needrecord.rule_changes WHERE rule = 2 ORDER BY revision"
                #expect(try await owner.lines(ends) == ["added - \(whole)", "removed \(whole) -"])
            }
        }
    }

    @Test func `A row names its author and the time of its revision, and a rule its whole story`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery("INSERT INTO needrecord.rules (effect, domain) VALUES ('skip', 'd')")
                for priority in 1...3 {
                    try await owner.simpleQuery("UPDATE needrecord.rules SET priority = \(priority)")
                }
                try await owner.simpleQuery("INSERT INTO needrecord.rules (effect, domain) VALUES ('skip', 'e')")
                let story =
                    "SELECT revision, after -> 'priority' FROM needrecord.rule_changes WHERE rule = 1 ORDER BY revision"
                #expect(try await owner.lines(story) == ["1 0", "2 1", "3 2", "4 3"])
                let strange = """
                    SELECT count(*) FROM needrecord.rule_changes AS c JOIN needrecord.rule_revisions AS r USING (revision)
                    WHERE c.changed_by <> session_user OR c.changed_at <> r.changed_at OR c.note <> r.note
                    """
                #expect(try await owner.lines(strange) == ["0"])
            }
        }
    }
}
