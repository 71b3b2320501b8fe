import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// Each role can do with quotas what is its own to do.
@Suite(.timeLimit(.minutes(1))) struct QuotaPrivilegeTests {
    private static let tables = [
        "quotas", "quota_buckets", "quota_months", "quota_usage", "reservations", "ingest_domains",
    ]
    private static let functions = [
        "reserve", "quota_standing", "release_undelivered", "release_reservation", "expire_reservations",
        "prune_reservations", "apply_recording_status", "apply_recorded_file", "apply_ingest", "end_expired",
    ]

    private static let mayRead: [String: Set<String>] = [
        "needrecord_worker": ["quotas", "quota_months", "reservations"],
        "needrecord_auditor": [],
        "needrecord_operator": Set(tables),
        "needrecord_reader": Set(tables),
    ]
    private static let mayCall: [String: Set<String>] = [
        "needrecord_worker": ["reserve", "quota_standing", "release_undelivered"],
        "needrecord_auditor": [
            "expire_reservations", "prune_reservations", "apply_recording_status", "apply_recorded_file",
            "apply_ingest",
        ],
        "needrecord_operator": ["quota_standing", "release_reservation"],
        "needrecord_reader": ["quota_standing"],
    ]

    @Test(arguments: mayRead.keys.sorted())
    func `A role may read and write what is its own`(role: String) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: role) { connection in
                for table in Self.tables {
                    for privilege in ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"] {
                        let isAllowed = try await connection.value(
                            Bool.self,
                            "SELECT has_table_privilege('needrecord.' || \(table), \(privilege))"
                        )
                        let expected =
                            privilege == "SELECT"
                            ? Self.mayRead[role, default: []].contains(table)
                            : role == "needrecord_operator" && ["quotas", "ingest_domains"].contains(table)
                                && privilege != "TRUNCATE"
                        #expect(isAllowed == expected, "\(role): \(privilege) on \(table)")
                    }
                }
            }
        }
    }

    @Test(arguments: mayCall.keys.sorted())
    func `A role may call what is its own, and what it calls works`(role: String) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: role) { connection in
                for function in Self.functions {
                    let isAllowed = try await connection.value(
                        Bool.self,
                        """
                        SELECT bool_and(has_function_privilege(p.oid, 'EXECUTE'))
                        FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
                        WHERE n.nspname = 'needrecord' AND p.proname = \(function)
                        """
                    )
                    // Whoever may read the tables may work out how a stream stands.
                    let expected = Self.mayCall[role, default: []].contains(function) || function == "quota_standing"
                    #expect(isAllowed == expected, "\(role): \(function)")
                }
                for call in Self.calls(role) { try await connection.simpleQuery("SELECT * FROM needrecord.\(call)") }
                let name = role == "needrecord_auditor" ? nil : role
                if name != nil {
                    _ = try await QuotaDesk().standing([.of("a")], on: connection, now: .example, timeout: .seconds(5))
                }
            }
        }
    }

    /// One call of each function that the role may call and that is no other test's.
    private static func calls(_ role: String) -> [String] {
        switch role {
        case "needrecord_worker":
            ["release_undelivered('{}')", "reserve('{}', '{}', '{}', '{}', '{}', '{}', '{}', now())"]
        case "needrecord_auditor":
            [
                "expire_reservations(now())", "prune_reservations(now())",
                "apply_recording_status(now(), 'd', 'a', 's', 'record_started')",
                "apply_recorded_file(now(), 'd', 'a', 's', 'u', 1, now(), now())",
                "apply_ingest(now(), 'd', 'a', 's', 'publish_done', now())",
            ]
        case "needrecord_operator": ["release_reservation('d', 'a', 's')", "quota_usage"]
        default: ["quota_usage"]
        }
    }

    @Test func `Functions that act for their owner look nowhere else for what they use`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let open = try await owner.column(
                    String.self,
                    """
                    SELECT p.proname::text FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
                    WHERE n.nspname = 'needrecord' AND p.prosecdef
                        AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))
                    """
                )
                #expect(open.isEmpty)
            }
        }
    }
}
