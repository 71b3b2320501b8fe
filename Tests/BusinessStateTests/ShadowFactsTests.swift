import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// What a decision by shadow rules goes by.
@Suite(.timeLimit(.minutes(1))) struct ShadowFactsTests {
    /// Runs `body` as an operator and as a worker, with live rules 1 to 3 of the sets a, a and b.
    private static func withRules(
        _ body: (_ writer: PostgresConnection, _ worker: PostgresConnection) async throws -> Void
    ) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { writer in
                _ = try await writer.insert(["a", "a", "b"].map { set in .written().with { $0.set = set } })
                try await database.withReader { worker in try await body(writer, worker) }
            }
        }
    }

    private static func ids(_ facts: Facts?) -> [Int64]? {
        facts.map { $0.rules.map(\.id.rawValue).sorted() }
    }

    @Test func `Without a shadow there is nothing more to decide by, though its rules are written already`()
        async throws
    {
        try await Self.withRules { writer, worker in
            _ = try await writer.insert([.written().with { $0.set = "a" }], shadow: true)
            let facts = try await worker.facts([.of()])[0]
            #expect(facts.shadow == nil)
            #expect(Self.ids(facts.live) == [1, 2, 3])
        }
    }

    @Test func `The shadow's rules are in the place of its set's, and the others stay`() async throws {
        try await Self.withRules { writer, worker in
            _ = try await writer.insert([.written().with { $0.set = "a" }], shadow: true)
            try await writer.simpleQuery("INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('a')")
            let facts = try await worker.facts([.of(), .of(stream: "other")])
            for facts in facts {
                #expect(Self.ids(facts.live) == [1, 2, 3])
                #expect(Self.ids(facts.shadow) == [3, 4])
                #expect(facts.shadow?.revision == facts.live.revision)
            }
            // Of the second set too.
            _ = try await writer.insert([.written(stream: "teststream").with { $0.set = "b" }], shadow: true)
            try await writer.simpleQuery("INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('b')")
            let both = try await worker.facts([.of(), .of(stream: "other")])
            #expect(both.map { Self.ids($0.shadow) } == [[4, 5], [4]])
            #expect(both.map { Self.ids($0.live) } == [[1, 2, 3], [1, 2, 3]])
        }
    }

    @Test func `An empty shadow decides without the rules of its set`() async throws {
        try await Self.withRules { writer, worker in
            try await writer.simpleQuery("INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('a')")
            #expect(Self.ids(try await worker.facts([.of()])[0].shadow) == [3])
            try await writer.simpleQuery("INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('b'), ('none')")
            let facts = try await worker.facts([.of()])[0]
            #expect(Self.ids(facts.shadow) == [])
            #expect(Self.ids(facts.live) == [1, 2, 3])
            // An event that no rule is about has a shadow decision too: none differs.
            try await writer.execute("DELETE FROM needrecord.rules")
            let none = try await worker.facts([.of()])[0]
            #expect(Self.ids(none.shadow) == [])
            #expect(Self.ids(none.live) == [])
        }
    }

    @Test func `Each has the time zones of its own rules`() async throws {
        try await Self.withRules { writer, worker in
            try await writer.simpleQuery("INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('a')")
            func rule(_ timeZone: String, _ set: String) -> Rule {
                .written().with {
                    $0.set = set
                    $0.schedule = .written("mon 09:00-17:00", in: timeZone)
                }
            }
            _ = try await writer.insert([rule("UTC", "a"), rule("Asia/Shanghai", "b")])
            _ = try await writer.insert([rule("Etc/GMT+5", "a"), rule("Etc/GMT+6", "b")], shadow: true)
            let facts = try await worker.facts([.of()])[0]
            #expect(facts.live.utcOffsets == ["UTC": 0, "Asia/Shanghai": 28_800])
            #expect(facts.shadow?.utcOffsets == ["Asia/Shanghai": 28_800, "Etc/GMT+5": -18_000])
        }
    }

    @Test func `A shadow's rule takes part in revisions, and in no decision of the past`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { writer in
                _ = try await writer.insert([.written()])
                _ = try await writer.insert([.written()], shadow: true)
                try await writer.simpleQuery("INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('default')")
                #expect(try await writer.revision() == 2)
            }
            try await database.withReader(role: "needrecord_reader") { reader in
                let facts = try await reader.facts([.of()], asOf: 2)[0]
                #expect(Self.ids(facts.live) == [1])
                #expect(facts.shadow == nil)
            }
        }
    }
}
