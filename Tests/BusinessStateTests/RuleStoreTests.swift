import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RuleStoreTests {
    private static func withStore(_ body: (RuleStore, PostgresConnection) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await body(RuleStore(connection), connection)
            }
        }
    }

    private static func rules() throws -> [Rule] {
        [
            .written(),
            .written(.record(.template), domain: "test.com", app: "test123", stream: "teststream", priority: -7),
            .written(.record(try RecordingPlan(formats: [.m3u8, .mp4], intervals: [.mp4: 5, .m3u8: 21_600]))),
            .written(.record(try RecordingPlan(formats: [], intervals: [.flv: 60])), priority: 1_000_000),
            .written(domain: "a\"b'c\\\\d{e,f}", app: "日本 🎥", stream: "%_**"),
        ]
    }

    @Test func `What is added is listed as it was, in the order of adding`() async throws {
        try await Self.withStore { store, connection in
            var expected: [Rule] = []
            for rule in try Self.rules() {
                let (id, isNew) = try await store.add(rule, note: "note \(expected.count)")
                #expect(isNew)
                expected.append(rule.stored(as: id))
            }
            let (revision, stored) = try await store.list()
            #expect(stored.map(\.rule) == expected)
            #expect(stored.map(\.note) == (0..<5).map { "note \($0)" })
            #expect(stored.map(\.rule.id) == stored.map(\.rule.id).sorted())
            #expect(revision == 5)
        }
    }

    @Test func `Without rules the list is empty, and has its revision`() async throws {
        try await Self.withStore { store, _ in
            #expect(try await store.list().rules.isEmpty)
            #expect(try await store.list().revision == 0)
            let (id, _) = try await store.add(.written())
            _ = try await store.remove([id])
            #expect(try await store.list().rules.isEmpty)
            #expect(try await store.list().revision == 2)
        }
    }

    @Test func `A rule may be there twice, but not when it is added only if absent`() async throws {
        try await Self.withStore { store, connection in
            for rule in try Self.rules() {
                let first = try await store.add(rule, onlyIfAbsent: true)
                #expect(first.isNew)
                let revision = try await connection.revision()
                // A note makes no other rule of it.
                let second = try await store.add(rule, note: "again", onlyIfAbsent: true)
                #expect(!second.isNew)
                #expect(second.id == first.id)
                #expect(try await connection.revision() == revision)
                let third = try await store.add(rule)
                #expect(third.isNew)
                #expect(third.id > first.id)
                #expect(try await store.add(rule, onlyIfAbsent: true).id == first.id)
            }
        }
    }

    @Test func `A rule that differs in anything is not the same`() async throws {
        try await Self.withStore { store, _ in
            let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
            let others: [Rule] = [
                .written(.record(plan), domain: "d", app: "a", stream: "s"),
                .written(.record(plan), domain: "e", app: "a", stream: "s"),
                .written(.record(plan), domain: "d", app: "b", stream: "s"),
                .written(.record(plan), domain: "d", app: "a", stream: "*"),
                .written(.record(plan), domain: "d", app: "a", stream: "s", priority: 1),
                .written(domain: "d", app: "a", stream: "s"),
                .written(.record(.template), domain: "d", app: "a", stream: "s"),
                .written(.record(try RecordingPlan(formats: [.mp4])), domain: "d", app: "a", stream: "s"),
                .written(
                    .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 301])),
                    domain: "d",
                    app: "a",
                    stream: "s"
                ),
            ]
            for rule in others {
                #expect(try await store.add(rule, onlyIfAbsent: true).isNew)
            }
            #expect(try await store.list().rules.count == others.count)
        }
    }

    @Test func `When several add the same rule only if absent, it is there once`() async throws {
        try await ProductDatabase.with { database in
            let ids = try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await database.withConnection(role: "needrecord_operator") { connection in
                            try await RuleStore(connection).add(.written(app: "one"), onlyIfAbsent: true).id
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
        }
    }

    @Test func `Removing says what was there`() async throws {
        try await Self.withStore { store, connection in
            var ids: [Rule.ID] = []
            for rule in try Self.rules() { ids.append(try await store.add(rule).id) }
            let absent = Rule.ID(rawValue: 1_000)
            #expect(try await store.remove([ids[3], absent, ids[1], ids[1]]) == [ids[1], ids[3]])
            #expect(try await connection.revision() == 6)
            #expect(try await store.remove([ids[1], absent]).isEmpty)
            #expect(try await store.remove([]).isEmpty)
            #expect(try await connection.revision() == 6)
            #expect(try await store.list().rules.map(\.rule.id) == [ids[0], ids[2], ids[4]])
        }
    }

    @Test func `A rule that the table refuses is an error with the constraint, and nothing is left of it`() async throws
    {
        try await Self.withStore { store, connection in
            let error = await #expect(throws: PostgresError.self) {
                try await store.add(.written(priority: 1_000_001), onlyIfAbsent: true)
            }
            #expect(error?.constraint == "rules_priority_range")
            // The connection is as good as before.
            _ = try await store.add(.written())
            #expect(try await connection.revision() == 1)
        }
    }

    @Test func `A reader can list, but not change`() async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_reader") { connection in
                let store = RuleStore(connection)
                let listed = try await store.list()
                #expect(listed.rules.isEmpty)
                for onlyIfAbsent in [false, true] {
                    let error = await #expect(throws: PostgresError.self) {
                        try await store.add(.written(), onlyIfAbsent: onlyIfAbsent)
                    }
                    #expect(error?.sqlState == .insufficientPrivilege)
                }
                let error = await #expect(throws: PostgresError.self) { try await store.remove([Rule.ID(rawValue: 1)]) }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
        }
    }
}
