import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FactsReaderTests {
    /// Runs `body` with a database that has these rules, which get the ids 1, 2, 3, …, as a worker.
    private static func withRules(
        _ rules: [Rule],
        _ body: (PostgresConnection, ProductDatabase) async throws -> Void
    ) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                for rule in rules { _ = try await RuleStore(connection).add(rule) }
            }
            try await database.withConnection(role: "needrecord_worker") { connection in
                try await body(connection, database)
            }
        }
    }

    private static func facts(_ events: [StreamEvent], _ connection: PostgresConnection) async throws -> [Facts] {
        try await FactsReader().facts(for: events, on: connection, timeout: .seconds(10))
    }

    /// The ids of the rules of each event.
    private static func ids(_ events: [StreamEvent], _ connection: PostgresConnection) async throws -> [Set<Int64>] {
        try await facts(events, connection).map { Set($0.rules.map(\.id.rawValue)) }
    }

    @Test func `An event gets the rules under the eight combinations of its names and any, and no others`() async throws
    {
        var rules: [Rule] = []
        for domain in ["test.com", "*"] {
            for app in ["test123", "*"] {
                for stream in ["teststream", "*"] { rules.append(.written(domain: domain, app: app, stream: stream)) }
            }
        }
        rules.append(.written(domain: "other.com", app: "test123", stream: "teststream"))
        rules.append(.written(domain: "test.com", app: "other", stream: "*"))
        rules.append(.written(stream: "Teststream"))
        rules.append(.written(stream: "teststream "))
        try await Self.withRules(rules) { connection, _ in
            let ids = try await Self.ids([.of(), .of(domain: "a", app: "b", stream: "c")], connection)
            #expect(ids == [Set(1...8), [8]])
        }
    }

    @Test func `The facts come in the order of the events, however many rules each has`() async throws {
        let rules: [Rule] = [
            .written(app: "a"), .written(app: "b"), .written(app: "b", stream: "s"), .written(app: "c"),
        ]
        try await Self.withRules(rules) { connection, _ in
            let events: [StreamEvent] = [
                .of(app: "b", stream: "s"), .of(app: "none"), .of(app: "a"), .of(app: "b"), .of(app: "a"),
                .of(app: "none"),
            ]
            let facts = try await Self.facts(events, connection)
            #expect(facts.map { Set($0.rules.map(\.id.rawValue)) } == [[2, 3], [], [1], [2], [1], []])
            #expect(facts.allSatisfy { $0.revision == 4 })

            let many = try await Self.ids((0..<256).map { .of(app: ["a", "c", "none"][$0 % 3]) }, connection)
            #expect(many == (0..<256).map { [[1], [4], []][$0 % 3] })
            let none = try await Self.facts([], connection)
            #expect(none.isEmpty)
        }
    }

    @Test func `A rule is read as it was written`() async throws {
        let rules: [Rule] = [
            .written(
                .record(try RecordingPlan(formats: [.mp4, .m3u8], intervals: [.mp4: 300, .m3u8: 30])),
                priority: -3
            ),
            .written(.record(.template), domain: "test.com"),
            .written(.record(try RecordingPlan(formats: [], intervals: [.flv: 21_600]))),
            .written(stream: "teststream", priority: 1_000_000),
        ]
        try await Self.withRules(rules) { connection, _ in
            let facts = try await Self.facts([.of()], connection)[0]
            let expected = rules.enumerated().map { $1.stored(as: Rule.ID(rawValue: Int64($0 + 1))) }
            #expect(facts.rules.sorted { $0.id < $1.id } == expected)
        }
    }

    @Test func `Names of any characters find their own rules`() async throws {
        let names = [
            "it's", "say \"hi\"", "back\\slash", "\\", "{braces}", "a,b", "NULL", "null", "", "日本", "🎥", "caf\u{E9}",
            "cafe\u{301}", " leading", "trailing ", "$1", "%", "_", "**", "'; DROP TABLE needrecord.rules; --",
            String(repeating: "x", count: 255), "\u{200B}", "\u{A0}",
        ].filter { !$0.isEmpty }
        try await Self.withRules(names.map { .written(domain: $0, app: $0, stream: $0) }) { connection, _ in
            let ids = try await Self.ids(names.map { .of(domain: $0, app: $0, stream: $0) }, connection)
            #expect(ids == (1...names.count).map { [Int64($0)] })
        }
    }

    @Test func `An event whose name is an asterisk gets the rules for any name, each once`() async throws {
        try await Self.withRules([.written(), .written(app: "a")]) { connection, _ in
            let facts = try await Self.facts([.of(domain: "*", app: "*", stream: "*")], connection)
            #expect(facts[0].rules.map(\.id.rawValue) == [1])
        }
    }

    @Test func `The database and the decision agree on what matches`() async throws {
        var random = SeededGenerator(seed: 300)
        let names = ["*", "a", "b"]
        let rules = (0..<40).map { _ in
            Rule.written(
                domain: names.randomElement(using: &random)!,
                app: names.randomElement(using: &random)!,
                stream: names.randomElement(using: &random)!
            )
        }
        try await Self.withRules(rules) { connection, _ in
            let values = ["a", "b", "c"]
            var events: [StreamEvent] = []
            for domain in values {
                for app in values {
                    for stream in values { events.append(.of(domain: domain, app: app, stream: stream)) }
                }
            }
            let expected = events.map { event in
                Set(rules.indices.filter { rules[$0].unmetCondition(for: event) == nil }.map { Int64($0 + 1) })
            }
            let ids = try await Self.ids(events, connection)
            #expect(ids == expected)
        }
    }

    @Test func `The rules and the revision are of one snapshot`() async throws {
        try await Self.withRules([]) { reader, database in
            try await database.withConnection(role: "needrecord_operator") { writer in
                // One that is not committed is not seen, neither as a rule nor as a revision.
                try await writer.simpleQuery("BEGIN; INSERT INTO needrecord.rules (effect) VALUES ('skip')")
                #expect(try await Self.facts([.of()], reader) == [Facts(revision: 0, rules: [])])
                try await writer.simpleQuery("COMMIT")
                let after = try await Self.facts([.of()], reader)
                #expect(after.map(\.revision) == [1])
                #expect(after[0].rules.count == 1)
            }
        }
    }

    @Test func `While rules are written, every snapshot holds as many as its revision says`() async throws {
        try await Self.withRules([]) { reader, database in
            async let written: Void = database.withConnection(role: "needrecord_operator") { writer in
                for _ in 0..<100 {
                    _ = try await writer.execute("INSERT INTO needrecord.rules (effect) VALUES ('skip')")
                }
            }
            var revision: Int64 = 0
            while revision < 100 {
                let facts = try await Self.facts([.of(), .of(app: "b")], reader)
                #expect(facts.allSatisfy { $0.rules.count == Int($0.revision) })
                #expect(facts[0].revision == facts[1].revision)
                revision = facts[0].revision
            }
            try await written
        }
    }

    @Test func `A statement that takes too long is an error, and the next one is served`() async throws {
        try await Self.withRules([.written()]) { connection, database in
            try await database.withConnection { owner in
                try await owner.simpleQuery("BEGIN; LOCK TABLE needrecord.rules IN ACCESS EXCLUSIVE MODE")
                let error = await #expect(throws: PostgresError.self) {
                    try await FactsReader().facts(for: [.of()], on: connection, timeout: .milliseconds(100))
                }
                #expect(error?.sqlState == .queryCanceled)
                try await owner.simpleQuery("ROLLBACK")
            }
            #expect(try await Self.ids([.of()], connection) == [[1]])
        }
    }
}
