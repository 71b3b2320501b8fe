import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// Each role can do its own job only.
@Suite(.timeLimit(.minutes(1))) struct RolePrivilegeTests {
    private static let tables = ["rules", "rule_revision", "rule_history", "migrations"]

    /// What a role may do with the tables; everything else is refused.
    private static let allowed: [(role: String, privileges: [String: Set<String>])] = [
        ("needrecord_worker", ["rules": ["SELECT"], "rule_revision": ["SELECT"], "migrations": ["SELECT"]]),
        ("needrecord_auditor", ["migrations": ["SELECT"]]),
        (
            "needrecord_operator",
            [
                "rules": ["SELECT", "INSERT", "UPDATE", "DELETE"], "rule_revision": ["SELECT"],
                "rule_history": ["SELECT"],
                "migrations": ["SELECT"],
            ]
        ),
        (
            "needrecord_reader",
            ["rules": ["SELECT"], "rule_revision": ["SELECT"], "rule_history": ["SELECT"], "migrations": ["SELECT"]]
        ),
    ]

    /// A statement for each privilege; it is never let through to the data.
    private static func statements(_ table: String) -> [String: String] {
        let column =
            ["rules": "note", "rule_revision": "revision", "rule_history": "operation", "migrations": "name"][table]
            ?? ""
        let name = "needrecord.\(table)"
        return [
            "SELECT": "SELECT * FROM \(name) WHERE false",
            "INSERT": "INSERT INTO \(name) SELECT * FROM \(name) WHERE false",
            "UPDATE": "UPDATE \(name) SET \(column) = \(column) WHERE false",
            "DELETE": "DELETE FROM \(name) WHERE false",
            "TRUNCATE": "TRUNCATE \(name)",
        ]
    }

    @Test func `A role may do its own job, and nothing else`() async throws {
        try await ProductDatabase.with { database in
            for (role, privileges) in Self.allowed {
                try await database.withConnection(role: role) { connection in
                    for table in Self.tables {
                        for (privilege, sql) in Self.statements(table) {
                            // Reading is needed to insert a selection, so insertion is asked of the catalogue instead.
                            let isAllowed =
                                privilege == "INSERT"
                                ? try await Self.mayInsert(into: table, connection)
                                : try await Self.succeeds(sql, connection)
                            #expect(
                                isAllowed == (privileges[table, default: []].contains(privilege)),
                                "\(role): \(privilege) on \(table)"
                            )
                        }
                    }
                }
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
                    "DROP TABLE needrecord.rule_history",
                    "DROP INDEX needrecord.rules_lookup",
                    "CREATE OR REPLACE FUNCTION needrecord.record_rule_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
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
                _ = try await RuleStore(connection).add(.written())
                #expect(try await connection.value(Int.self, "SELECT count(*) FROM needrecord.rule_history") == 1)
                let forged = try await connection.failure(
                    of: "INSERT INTO needrecord.rule_history (revision, rule_id, operation) VALUES (9, 1, 'delete')"
                )
                #expect(forged.sqlState == .insufficientPrivilege)
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
