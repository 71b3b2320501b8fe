import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// Each role can do its own job only.
@Suite(.timeLimit(.minutes(1))) struct RolePrivilegeTests {
    /// A column of each table that a role might want to change.
    private static let tables = [
        "rules": "note", "rule_revision": "revision", "rule_revisions": "note", "rule_versions": "priority",
        "rule_shapes": "rules", "rule_shadows": "note", "shadow_differences": "revision", "migrations": "name",
    ]

    /// What a role may do with the tables; everything else is refused.
    private static let allowed: [(role: String, privileges: [String: Set<String>])] = [
        (
            "needrecord_worker",
            [
                "rules": ["SELECT"], "rule_revision": ["SELECT"], "rule_shapes": ["SELECT"],
                "rule_shadows": ["SELECT"], "shadow_differences": ["INSERT"], "migrations": ["SELECT"],
            ]
        ),
        ("needrecord_auditor", ["migrations": ["SELECT"]]),
        (
            "needrecord_operator",
            [
                "rules": ["SELECT", "INSERT", "UPDATE", "DELETE"], "rule_revision": ["SELECT"],
                "rule_revisions": ["SELECT"], "rule_versions": ["SELECT"], "rule_shapes": ["SELECT"],
                "rule_shadows": ["SELECT", "INSERT", "UPDATE", "DELETE"], "shadow_differences": ["SELECT", "DELETE"],
                "migrations": ["SELECT"],
            ]
        ),
        (
            "needrecord_reader",
            [
                "rules": ["SELECT"], "rule_revision": ["SELECT"], "rule_revisions": ["SELECT"],
                "rule_versions": ["SELECT"], "rule_shapes": ["SELECT"], "rule_shadows": ["SELECT"],
                "shadow_differences": ["SELECT"], "migrations": ["SELECT"],
            ]
        ),
    ]

    /// A statement for each privilege but insertion; it is never let through to the data.
    private static func statements(_ table: String, _ column: String) -> [String: String] {
        [
            "SELECT": "SELECT * FROM needrecord.\(table) WHERE false",
            // Neither reads a column: that would need another privilege.
            "UPDATE": "UPDATE needrecord.\(table) SET \(column) = NULL WHERE false",
            "DELETE": "DELETE FROM needrecord.\(table) WHERE false",
            "TRUNCATE": "TRUNCATE needrecord.\(table)",
        ]
    }

    @Test func `A role may do its own job, and nothing else`() async throws {
        try await ProductDatabase.with { database in
            for (role, privileges) in Self.allowed {
                try await database.withConnection(role: role) { connection in
                    for (table, column) in Self.tables {
                        let mayDo = privileges[table, default: []]
                        for (privilege, sql) in Self.statements(table, column) {
                            let isAllowed = try await Self.succeeds(sql, connection)
                            #expect(isAllowed == mayDo.contains(privilege), "\(role): \(privilege) on \(table)")
                        }
                        let mayInsert = try await Self.mayInsert(into: table, connection)
                        #expect(mayInsert == mayDo.contains("INSERT"), "\(role): INSERT on \(table)")
                    }
                }
            }
        }
    }

    /// The functions that only triggers call: a revision without a change, or a change in the history alone, would be
    /// a forgery.
    private static let triggerFunctions = [
        "await_rule_change", "next_rule_revision", "keep_inserted_rules", "keep_deleted_rules", "keep_updated_rules",
    ]

    /// The functions that anybody may call who may use the schema.
    private static let openFunctions = [
        "exact('a')", "name_shape('a')", "name_key('a', '=')", "literal_parts('a')", "rule_lookup('a', 'b', 'c')",
        "is_time_zone('UTC')", "utc_offset('UTC', now())", "is_schedule('{}')", "shape_take('=')", "take('a', 1)",
    ]

    @Test(arguments: allowed.map(\.role))
    func `A role may call what only computes, and nothing that writes the history`(role: String) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: role) { connection in
                for function in Self.triggerFunctions {
                    let error = try await connection.failure(of: "SELECT needrecord.\(function)()")
                    #expect(error.sqlState == .insufficientPrivilege, "\(function)")
                }
                for call in Self.openFunctions { try await connection.simpleQuery("SELECT needrecord.\(call)") }
            }
        }
    }

    @Test func `Who may read the history may read revisions back, and no one else`() async throws {
        try await ProductDatabase.with { database in
            for (role, privileges) in Self.allowed {
                try await database.withConnection(role: role) { connection in
                    let rules = try await Self.succeeds("SELECT * FROM needrecord.rules_at(1)", connection)
                    #expect(rules == (privileges["rule_versions"] != nil), "\(role)")
                    let revision = try await Self.succeeds("SELECT needrecord.revision_at(now())", connection)
                    #expect(revision == (privileges["rule_revisions"] != nil), "\(role)")
                }
            }
        }
    }

    @Test func `A login without any of the roles can do nothing`() async throws {
        let login = "needrecord_test_login_\(String(UInt64.random(in: .min ... .max), radix: 36))"
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                try await owner.simpleQuery("CREATE ROLE \(login); GRANT \(login) TO CURRENT_USER; SET ROLE \(login)")
                for table in Self.tables.keys {
                    let error = try await owner.failure(of: "SELECT FROM needrecord.\(table)")
                    #expect(error.sqlState == .insufficientPrivilege, "\(table)")
                }
                for call in Self.openFunctions {
                    let error = try await owner.failure(of: "SELECT needrecord.\(call)")
                    #expect(error.sqlState == .insufficientPrivilege, "\(call)")
                }
                try await owner.simpleQuery("RESET ROLE; DROP ROLE \(login)")
            }
        }
    }

    @Test(arguments: allowed.map(\.role))
    func `No role can make, change or remove anything of the schema, or act for another role`(role: String) async throws
    {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: role) { connection in
                for sql in [
                    "CREATE TABLE needrecord.mine (id int)",
                    "ALTER TABLE needrecord.rules DISABLE TRIGGER ALL",
                    "DROP TABLE needrecord.rule_versions",
                    "CREATE INDEX ON needrecord.rules (note)",
                    "DROP INDEX needrecord.rules_lookup",
                    """
                    CREATE OR REPLACE FUNCTION needrecord.keep_inserted_rules() RETURNS trigger
                        LANGUAGE plpgsql AS 'BEGIN END'
                    """,
                    "ALTER TABLE needrecord.rules OWNER TO CURRENT_USER",
                ] {
                    let error = try await connection.failure(of: sql)
                    #expect(error.sqlState == .insufficientPrivilege, "\(sql)")
                }
                let isPlain = """
                    SELECT NOT (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)
                    FROM pg_roles WHERE rolname = current_user
                    """
                #expect(try await connection.value(Bool.self, PostgresQuery(unescaped: isPlain)))
            }
        }
    }

    @Test func `An operator's change reaches the history that no operator can write`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                _ = try await connection.insert([.written()])
                #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rule_versions") == 1)
                #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rule_revisions") == 1)
                for sql in [
                    "INSERT INTO needrecord.rule_revisions (revision) VALUES (9)",
                    "UPDATE needrecord.rule_revisions SET changed_by = 'somebody'",
                    "DELETE FROM needrecord.rule_versions",
                    "UPDATE needrecord.rule_versions SET effect = 'record'",
                ] {
                    let forged = try await connection.failure(of: sql)
                    #expect(forged.sqlState == .insufficientPrivilege, "\(sql)")
                }
                let skipped = try await connection.failure(of: "UPDATE needrecord.rule_revision SET revision = 0")
                #expect(skipped.sqlState == .insufficientPrivilege)
            }
        }
    }

    private static func mayInsert(into table: String, _ connection: PostgresConnection) async throws -> Bool {
        try await connection.value(Bool.self, "SELECT has_table_privilege(\("needrecord.\(table)"), 'INSERT')")
    }

    /// Whether it is let through; a refusal for any reason but privileges is an error of the test.
    private static func succeeds(_ sql: String, _ connection: PostgresConnection) async throws -> Bool {
        do {
            try await connection.simpleQuery(sql)
            return true
        } catch let error where error.sqlState == .insufficientPrivilege {
            return false
        }
    }
}
