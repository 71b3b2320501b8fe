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
            try await database.withConnection(role: "needrecord_operator") { writer in
                _ = try await writer.insert(rules)
            }
            try await database.withReader { connection in
                try await body(connection, database)
            }
        }
    }

    private static func facts(_ events: [StreamEvent], _ connection: PostgresConnection) async throws -> [Facts] {
        try await connection.facts(events).map(\.live)
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
            #expect(facts.allSatisfy { $0.revision == 1 })

            let many = try await Self.ids((0..<256).map { .of(app: ["a", "c", "none"][$0 % 3]) }, connection)
            #expect(many == (0..<256).map { [[1], [4], []][$0 % 3] })
            let none = try await Self.facts([], connection)
            #expect(none.isEmpty)
        }
    }

    @Test func `A rule is read as it was written`() async throws {
        let plan = try RecordingPlan(formats: [.mp4, .m3u8], intervals: [.mp4: 300, .m3u8: 30])
        let rules: [Rule] = [
            .written(.record(plan), priority: -3),
            .written(.record(.template), domain: "test.com"),
            .written(.record(try RecordingPlan(formats: [], intervals: [.flv: 21_600]))),
            .written(stream: "teststream", priority: 1_000_000),
            .written().with { $0.set = "policies" },
            .written().with { $0.name = "no-rooms" },
            .written().with { $0.isEnabled = false },
            .written().with { $0.codec = .h265 },
            .written().with { $0.bitrate = BitrateRange(minimum: 0, maximum: nil) },
            .written().with { $0.bitrate = BitrateRange(minimum: nil, maximum: 2_147_483_647) },
            .written().with { $0.bitrate = BitrateRange(minimum: 500, maximum: 500) },
            .written().with { $0.validity = Validity(from: .example, until: nil)! },
            .written().with { $0.validity = Validity(from: nil, until: .example)! },
            .written().with {
                $0.validity = Validity(from: .example, until: .example.advanced(by: .milliseconds(1)))!
            },
            .written().with { $0.schedule = .written("mon-fri 09:00-17:00", in: "Asia/Shanghai") },
            .written().with { $0.schedule = .written("sat,sun 22:00-02:00", "mon 00:00-24:00", in: "UTC") },
            .written().with { $0.share = StreamShare(basisPoints: 0) },
            .written().with { $0.share = StreamShare(basisPoints: 1) },
            .written().with { $0.share = StreamShare(basisPoints: 10_000) },
        ]
        try await Self.withRules(rules) { connection, _ in
            let facts = try await Self.facts([.of()], connection)[0]
            let expected = rules.enumerated().map { $1.stored(as: Rule.ID(rawValue: Int64($0 + 1))) }
            #expect(facts.rules.sorted { $0.id < $1.id } == expected)
            #expect(facts.utcOffsets == ["Asia/Shanghai": 28_800, "UTC": 0])
        }
    }

    @Test func `A rule's quota is read`() async throws {
        try await Self.withRules([]) { connection, database in
            try await database.addQuotas(["basic"])
            try await database.withConnection(role: "needrecord_operator") { writer in
                _ = try await writer.insert([.written(.record(.template)).with { $0.quota = "basic" }])
            }
            #expect(try await Self.facts([.of()], connection)[0].rules.map(\.quota) == ["basic"])
        }
    }

    @Test func `Names of any characters find their own rules`() async throws {
        let names = [
            "it's", "say \"hi\"", "back\\slash", "\\", "{braces}", "a,b", "NULL", "null", "", "日本", "🎥", "caf\u{E9}",
            "cafe\u{301}", " leading", "trailing ", "$1", "%", "_", "**", "'; DROP TABLE needrecord.rules; --",
            String(repeating: "x", count: 255), "\u{200B}", "\u{A0}",
        ].filter { !$0.isEmpty }
        let rules = names.map { name in
            Rule.written().with { ($0.domain, $0.app, $0.stream) = (.exact(name), .exact(name), .exact(name)) }
        }
        try await Self.withRules(rules) { connection, _ in
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

    /// A pattern for a stream, names that it is found for, and names that it is not.
    private static let patterns: [(pattern: String, matching: [String], others: [String])] = [
        ("room-*", ["room-", "room-1", "room-room-"], ["room", "Room-1", "a-room-1"]),
        ("*-vip", ["-vip", "a-vip", "-vip-vip"], ["vip", "a-vip-"]),
        ("a*b", ["ab", "a-b", "abb"], ["a", "b", "ba", "abc"]),
        ("ab*bc", ["abbc", "ab bc"], ["abc"]),
        ("*vip*", ["vip", "a vip b", "vipvip", "vivip"], ["vi", "ip", "v-i-p"]),
        ("*ab*ab*", ["abab", "xabxabx"], ["ab", "aba"]),
        ("*abcd*xyz*", ["abcdxyz", "-abcd-xyz-"], ["xyzabcd", "abc xyz", "xyz"]),
        ("*x*", ["x", "axb"], ["a"]),
        ("*日本*", ["日本", "a日本b"], ["日", "本日"]),
        ("*🎥🎥🎥*", ["🎥🎥🎥", "a🎥🎥🎥🎥"], ["🎥🎥", "🎥🎥a🎥"]),
        ("日*", ["日", "日本"], ["本日"]),
        ("*é", ["é", "caf\u{E9}"], ["cafe\u{301}"]),
        ("?", ["a", "日", "?", "*"], ["ab", "e\u{301}"]),
        ("??", ["ab", "e\u{301}"], ["a", "abc"]),
        ("?*", ["a", "ab"], []),
        ("a?c", ["abc", "a?c", "a🎥c"], ["ac", "abbc"]),
        ("**", ["a", "*", "日"], []),
        ("*?**", ["a", "ab"], []),
        ("\\*", ["*"], ["a", "\\", "\\*"]),
        ("\\*\\?\\\\", ["*?\\"], ["abc", "*?", "\\*\\?\\\\"]),
        ("\\**", ["*", "*a"], ["a*"]),
        ("*\\*", ["*", "a*"], ["a"]),
        ("*\\?x\\**", ["?x*", "a?x*b"], ["?x", "ax*"]),
        ("\(String(repeating: "x", count: 254))*", [String(repeating: "x", count: 255)], ["x"]),
    ]

    @Test func `A glob is found for the names that it matches, wherever it stands`() async throws {
        for place in [\Rule.domain, \Rule.app, \Rule.stream] {
            let rules = Self.patterns.map { row in Rule.written().with { $0[keyPath: place] = .written(row.pattern) } }
            try await Self.withRules(rules) { connection, _ in
                for (index, row) in Self.patterns.enumerated() {
                    let matching = try await Self.ids(row.matching.map { Self.event($0, at: place) }, connection)
                    #expect(matching.allSatisfy { $0.contains(Int64(index + 1)) }, "\(row.pattern)")
                    let others = try await Self.ids(row.others.map { Self.event($0, at: place) }, connection)
                    #expect(!others.contains { $0.contains(Int64(index + 1)) }, "\(row.pattern)")
                }
            }
        }
    }

    private static func event(_ name: String, at place: WritableKeyPath<Rule, NamePattern>) -> StreamEvent {
        switch place {
        case \Rule.domain: .of(domain: name)
        case \Rule.app: .of(app: name)
        default: .of(stream: name)
        }
    }

    @Test func `A rule that is found in several places of a name is read once`() async throws {
        try await Self.withRules([.written(stream: "*vip*"), .written(stream: "*aaa*")]) { connection, _ in
            let facts = try await Self.facts([.of(stream: "vip-vip-vip-aaaaaa")], connection)
            #expect(facts[0].rules.map(\.id.rawValue).sorted() == [1, 2])
        }
    }

    @Test func `A pattern that a user's name was made into matches that name alone`() async throws {
        let names = ["*", "a*", "?", "\\", "\\*", "plain", "日?"]
        try await Self.withRules([]) { connection, database in
            try await database.withConnection(role: "needrecord_operator") { writer in
                let made = try await writer.column(
                    String.self,
                    """
                    INSERT INTO needrecord.rules (stream, effect)
                    SELECT needrecord.exact(name), 'skip' FROM unnest(\(names)::text[]) AS name
                    RETURNING stream
                    """
                )
                #expect(made == names.map { NamePattern.exact($0).text })
            }
            let ids = try await Self.ids(names.map { .of(stream: $0) } + [.of(stream: "ab")], connection)
            #expect(ids == (1...names.count).map { [Int64($0)] } + [[]])
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
                    try await FactsReader().facts(
                        for: [.of()],
                        on: connection,
                        now: .example,
                        timeout: .milliseconds(100)
                    )
                }
                #expect(error?.sqlState == .queryCanceled)
                try await owner.simpleQuery("ROLLBACK")
            }
            #expect(try await Self.ids([.of()], connection) == [[1]])
        }
    }
}
