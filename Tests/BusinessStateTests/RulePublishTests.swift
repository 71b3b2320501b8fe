import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

/// What changing the rules of a set as a whole does.
@Suite(.timeLimit(.minutes(2))) struct RulePublishTests {
    private static func withStore(_ body: (RuleStore, PostgresConnection) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                try await connection.execute(
                    "INSERT INTO needrecord.quotas (name, scope, concurrent_limit) VALUES ('basic', 'group', 3)"
                )
                try await body(RuleStore(connection), connection)
            }
        }
    }

    /// A rule with everything in it.
    private static func full(_ name: String) throws -> Rule {
        try Rule.written(
            .record(RecordingPlan(formats: [.mp4, .m3u8], intervals: [.mp4: 300])),
            domain: "live.*.com",
            app: #"a\*b"#,
            stream: "vip-?*",
            priority: -7
        ).with {
            $0.name = name
            $0.codec = .h265
            $0.bitrate = BitrateRange(minimum: 1_000, maximum: nil)
            $0.validity =
                Validity(from: Timestamp(millisecondsSinceEpoch: 1), until: Timestamp(millisecondsSinceEpoch: 2_001))
                ?? .always
            $0.schedule = .written("mon-fri 09:00-17:00", "sat,sun 22:00-02:00", in: "Asia/Shanghai")
            $0.share = StreamShare(basisPoints: 1_234)
            $0.quota = "basic"
            $0.isEnabled = false
        }
    }

    @discardableResult
    private static func publish(
        _ drafts: [RuleDraft],
        set: String = Rule.defaultSet,
        isShadow: Bool = false,
        removing: Bool = true,
        _ request: RevisionRequest = RevisionRequest(),
        to store: RuleStore
    ) async throws -> RevisionResult {
        try await store.revise(set, isShadow: isShadow, request) { state in
            (RuleMatching(drafts, with: state.rules).changes(removing: removing), nil)
        }
    }

    @Test func `A set becomes what is published, in one revision with its note`() async throws {
        try await Self.withStore { store, _ in
            let drafts = [
                RuleDraft(try Self.full("vip"), note: "why"), RuleDraft(.written()),
                RuleDraft(.written(stream: "a")), RuleDraft(.written(.record(.template), stream: "b")),
            ]
            let first = try await Self.publish(drafts, RevisionRequest(note: "the first"), to: store)
            #expect((first.before, first.after) == (0, 1))
            #expect(first.changes.added == drafts)
            let (revision, rules) = try await store.list()
            #expect(revision == 1)
            #expect(rules.map(\.note) == ["why", "", "", ""])
            #expect(zip(rules, drafts).allSatisfy { $0.rule == $1.rule.stored(as: $0.rule.id) })

            // The same once more is no change.
            let again = try await Self.publish(drafts, to: store)
            #expect(again.changes.isEmpty)
            #expect((again.before, again.after) == (1, 1))

            // One changes by its name, one goes, one comes, one stays.
            let other = try Self.full("vip").with { $0.priority = 5 }
            let second = try await Self.publish(
                [RuleDraft(.written(stream: "c")), RuleDraft(.written()), RuleDraft(other), drafts[3]],
                to: store
            )
            #expect(second.after == 2)
            #expect(second.changes.changed.map(\.before.rule.id) == [rules[0].rule.id])
            #expect(second.changes.removed.map(\.rule.id) == [rules[2].rule.id])
            let now = try await store.list().rules
            #expect(now.map(\.rule.stream.text) == ["vip-?*", "*", "b", "c"])
            #expect(now.prefix(3).map(\.rule.id) == [rules[0], rules[1], rules[3]].map(\.rule.id))
            #expect(now[0].rule.priority == 5)
            #expect(now[0].note == "")
            #expect(now[0].createdAt == rules[0].createdAt)

            let history = try await store.revisions(limit: 9)
            #expect(history.map(\.revision) == [2, 1])
            #expect(history.map(\.note) == ["", "the first"])
            #expect(history.map(\.added) == [1, 4])
            #expect(history.map(\.changed) == [1, 0])
            #expect(history.map(\.removed) == [1, 0])
            let versions = try await store.versions(of: rules[0].rule.id)
            #expect(versions.map(\.since) == [1, 2])
            #expect(versions.map(\.until) == [2, nil])
        }
    }

    @Test func `Other sets are left alone, and are told to the plan`() async throws {
        try await Self.withStore { store, _ in
            try await Self.publish([RuleDraft(.written().with { $0.set = "a" })], set: "a", to: store)
            let draft = RuleDraft(.written(stream: "b").with { $0.set = "b" })
            _ = try await store.revise("b") { state in
                #expect(state.rules.isEmpty)
                #expect(state.others.map(\.rule.set) == ["a"])
                return (RuleMatching([draft], with: state.rules).changes(removing: true), nil)
            }
            try await Self.publish([], set: "b", to: store)
            #expect(try await store.list().rules.map(\.rule.set) == ["a"])
        }
    }

    @Test func `What is imported removes nothing`() async throws {
        try await Self.withStore { store, _ in
            try await Self.publish([RuleDraft(.written()), RuleDraft(try Self.full("vip"))], to: store)
            let result = try await Self.publish(
                [RuleDraft(.written(stream: "a")), RuleDraft(.written())],
                removing: false,
                to: store
            )
            #expect(result.changes.removed.isEmpty)
            #expect(result.changes.added.count == 1)
            #expect(try await store.list().rules.count == 3)
        }
    }

    @Test func `A trial has the database check all, and changes nothing`() async throws {
        try await Self.withStore { store, _ in
            let trial = RevisionRequest(isTrial: true)
            let result = try await Self.publish([RuleDraft(.written())], trial, to: store)
            #expect((result.before, result.after) == (0, 1))
            let (revision, rules) = try await store.list()
            #expect(revision == 0)
            #expect(rules.isEmpty)
            let unknown = RuleDraft(.written(.record(.template)).with { $0.quota = "nothing" })
            let error = await #expect(throws: PostgresError.self) {
                try await Self.publish([unknown], trial, to: store)
            }
            #expect(error?.sqlState == .foreignKeyViolation)
        }
    }

    @Test func `Who expects another revision changes nothing`() async throws {
        try await Self.withStore { store, _ in
            try await Self.publish([RuleDraft(.written())], RevisionRequest(expectedRevision: 0), to: store)
            let error = await #expect(throws: RuleStoreError.self) {
                try await Self.publish([], RevisionRequest(expectedRevision: 0), to: store)
            }
            #expect(error?.description == "the rules are at revision 1 by now, not at 0")
            #expect(try await store.list().rules.count == 1)
        }
    }

    @Test func `Two that publish at once do so one after the other`() async throws {
        try await ProductDatabase.with { database in
            let counts = try await withThrowingTaskGroup { group in
                for publisher in 0..<4 {
                    group.addTask {
                        try await database.withConnection(role: "needrecord_operator") { connection in
                            let drafts = (0..<20).map { RuleDraft(.written(stream: "p\(publisher)-\($0)")) }
                            return try await Self.publish(drafts, to: RuleStore(connection)).changes.removed.count
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Each but the first has found the rules of one other, whole.
            #expect(counts.sorted() == [0, 20, 20, 20])
            try await database.withConnection(role: "needrecord_reader") { connection in
                let (revision, rules) = try await RuleStore(connection).list()
                #expect(revision == 4)
                #expect(Set(rules.map { $0.rule.stream.text.prefix(2) }).count == 1)
                #expect(rules.count == 20)
            }
        }
    }

    @Test func `Rules may change their names with each other`() async throws {
        try await Self.withStore { store, connection in
            try await Self.publish(
                [
                    RuleDraft(.written(app: "a").with { $0.name = "x" }),
                    RuleDraft(.written(app: "b").with { $0.name = "y" }),
                ],
                to: store
            )
            try await connection.execute("DELETE FROM needrecord.rules WHERE name = 'y'")
            try await connection.execute("UPDATE needrecord.rules SET name = 'y' WHERE name = 'x'")
            _ = try await store.rollBack(to: .revision(1))
            #expect(try await store.list().rules.map(\.rule.name) == ["x", "y"])
            try await Self.publish(
                [
                    RuleDraft(.written(app: "b").with { $0.name = "x" }),
                    RuleDraft(.written(app: "a").with { $0.name = "y" }),
                ],
                to: store
            )
            #expect(try await store.list().rules.map(\.rule.app.text) == ["b", "a"])
        }
    }

    @Test func `Rolling back brings rules back under their ids`() async throws {
        try await Self.withStore { store, connection in
            try await Self.publish([RuleDraft(try Self.full("vip"), note: "n"), RuleDraft(.written())], to: store)
            let then = try await store.list().rules
            let time: PostgresTimestamp = try await connection.query("SELECT clock_timestamp()")[0].decode()
            try await Self.publish([RuleDraft(.written(stream: "new"))], to: store)
            _ = try await store.setEnabled(false, try await store.list().rules.map(\.rule.id))

            let trial = try await store.rollBack(to: .revision(1), RevisionRequest(isTrial: true))
            #expect(trial.after == 4)
            #expect(try await store.list().revision == 3)
            let result = try await store.rollBack(to: .revision(1), RevisionRequest(note: "back"))
            #expect(result.changes.restored.map(\.rule.id) == then.map(\.rule.id))
            #expect(result.changes.removed.count == 1)
            #expect(result.after == 4)
            #expect(try await store.list().rules == then)
            #expect(try await store.revisions(limit: 1)[0].note == "back")
            #expect(try await store.rollBack(to: .revision(1)).after == 4)

            _ = try await store.rollBack(to: .revision(0))
            #expect(try await store.list().rules.isEmpty)
            let milliseconds = Timestamp(millisecondsSinceEpoch: time.microsecondsSinceEpoch / 1_000 + 1)
            _ = try await store.rollBack(to: .time(milliseconds))
            #expect(try await store.list().rules == then)

            // What is added now is younger than all that ever was.
            let id = try await store.add(.written(stream: "later")).id
            #expect(id > then[1].rule.id)
            for revision in [Int64(-1), 99] {
                await #expect(throws: RuleStoreError.self) { try await store.rollBack(to: .revision(revision)) }
            }
        }
    }

    @Test func `One set can be rolled back by itself`() async throws {
        try await Self.withStore { store, _ in
            for set in ["a", "b"] {
                try await Self.publish([RuleDraft(.written(app: set).with { $0.set = set })], set: set, to: store)
            }
            for set in ["a", "b"] { try await Self.publish([], set: set, to: store) }
            _ = try await store.rollBack(to: .revision(2), set: "b")
            #expect(try await store.list().rules.map(\.rule.set) == ["b"])
        }
    }

    @Test func `Rolling back a set that a rule has left is refused, with the rule and its place`() async throws {
        try await Self.withStore { store, connection in
            let drafts = ["vip", "plain"].map { name in
                RuleDraft(.written(app: name).with { ($0.set, $0.name) = ("a", name) })
            }
            try await Self.publish(drafts, set: "a", to: store)
            try await connection.execute("UPDATE needrecord.rules SET rule_set = 'b' WHERE name = 'vip'")
            func refusal(of set: String?) async throws -> String {
                let trial = RevisionRequest(isTrial: true)
                let error = await #expect(throws: RuleStoreError.self) {
                    try await store.rollBack(to: .revision(1), set: set, trial)
                }
                return error?.description ?? ""
            }
            let moved = "rule 1 (vip) belonged to the rule set a and is in "
            #expect(
                try await refusal(of: "a") == moved + "the set b by now; move it back first, or roll back --all-sets"
            )
            #expect(try await store.list().rules.map(\.rule.set) == ["b", "a"])
            // Of all sets it is a change like any other.
            _ = try await store.rollBack(to: .revision(1), RevisionRequest(isTrial: true))

            try await connection.execute("UPDATE needrecord.rules SET (name, shadow) = (NULL, true)")
            for set in ["a", nil] {
                let said = try await refusal(of: set)
                #expect(
                    said == moved + "the shadow of the set b by now, and 1 more have moved too; move it back first"
                )
            }
        }
    }

    @Test func `Rolling back to a quota that is gone is refused with its name`() async throws {
        try await Self.withStore { store, connection in
            try await Self.publish([RuleDraft(try Self.full("vip"))], to: store)
            try await Self.publish([], to: store)
            try await connection.execute("DELETE FROM needrecord.quotas")
            let error = await #expect(throws: RuleStoreError.self) { try await store.rollBack(to: .revision(1)) }
            #expect(error?.description.contains("charged to the quota basic, which is gone") == true)
            #expect(try await store.list().revision == 2)
        }
    }

    @Test func `The rules of any revision and time are listed`() async throws {
        try await Self.withStore { store, _ in
            let id = try await store.add(.written(stream: "a")).id
            _ = try await store.setEnabled(false, [id])
            _ = try await store.remove([id])
            for (revision, enabled) in [(Int64(0), []), (1, [true]), (2, [false]), (3, [])] {
                let listed = try await store.list(RuleSelection(moment: .revision(revision)))
                #expect(listed.revision == revision)
                #expect(listed.rules.map(\.rule.isEnabled) == enabled)
            }
            #expect(
                try await store.list(RuleSelection(moment: .time(Timestamp(millisecondsSinceEpoch: 0)))).revision == 0
            )
            await #expect(throws: RuleStoreError.self) {
                try await store.list(RuleSelection(moment: .revision(4)))
            }
        }
    }

    @Test func `A shadow is published beside its set, and takes its place when it is promoted`() async throws {
        try await Self.withStore { store, _ in
            let live = RuleDraft(.written(.record(.template), app: "live").with { $0.name = "vip" })
            let shadow = RuleDraft(.written(.record(.template), app: "shadow").with { $0.name = "vip" })
            try await Self.publish([live], to: store)
            let first = try await store.list().rules[0].rule.id
            try await Self.publish([shadow], isShadow: true, RevisionRequest(note: "try"), to: store)
            #expect(try await store.list().rules.map(\.rule.app.text) == ["live"])
            let listed = try await store.list(RuleSelection(isShadow: true)).rules
            #expect(listed.map(\.rule.app.text) == ["shadow"])
            #expect(listed[0].isShadow)
            let shadows = try await store.shadows()
            #expect(shadows.map(\.set) == ["default"])
            #expect(shadows[0].rules == 1)
            #expect(shadows[0].note == "try")

            let changed = RuleDraft(shadow.rule.with { $0.priority = 3 })
            let result = try await Self.publish([changed], isShadow: true, to: store)
            #expect(result.changes.changed.map(\.before.rule.id) == [listed[0].rule.id])

            let promoted = try await store.promoteShadow(of: "default", RevisionRequest(note: "it is better"))
            #expect(promoted.after == 4)
            let now = try await store.list().rules
            // As publishing its file does: the rule of this name is the one that was there.
            #expect(now.map(\.rule.id) == [first])
            #expect(now[0].rule.priority == 3)
            #expect(now[0].rule.app.text == "shadow")
            #expect(try await store.shadows().isEmpty)
            #expect(try await store.list(RuleSelection(isShadow: true)).rules.isEmpty)
            // What was promoted can be taken back.
            _ = try await store.rollBack(to: .revision(1))
            #expect(try await store.list().rules.map(\.rule.app.text) == ["live"])
        }
    }

    @Test func `A shadow can be empty, and can be dropped`() async throws {
        try await Self.withStore { store, _ in
            try await Self.publish([RuleDraft(.written())], to: store)
            try await Self.publish([], isShadow: true, to: store)
            #expect(try await store.shadows().map(\.rules) == [0])
            _ = try await store.dropShadow(of: "default")
            #expect(try await store.shadows().isEmpty)
            for change in [store.dropShadow, store.promoteShadow] {
                let error = await #expect(throws: RuleStoreError.self) {
                    try await change("default", RevisionRequest())
                }
                #expect(error?.description == "the set default has no shadow")
            }
            #expect(try await store.list().rules.count == 1)
        }
    }

    @Test func `Templates are kept for each set`() async throws {
        try await Self.withStore { store, _ in
            let templates = [
                RuleTemplate(formats: [.flv, .mp4]),
                RuleTemplate(domain: .written("a*"), app: .written("b"), formats: [.m3u8]),
            ]
            func state(_ templates: [RuleTemplate]?, _ set: String) async throws -> Bool {
                try await store.revise(set) { _ in (RuleChanges(), templates) }.changesTemplates
            }
            let isNew = try await state(templates, "a")
            #expect(isNew)
            #expect(try await !state(templates, "a"))
            #expect(try await state([templates[0]], "b"))
            #expect(try await !state(nil, "a"))
            #expect(try await store.templates(of: "a") == templates)
            #expect(try await store.templates().count == 3)
            #expect(try await state([], "a"))
            #expect(try await store.templates(of: "a").isEmpty)
        }
    }

    @Test func `The database says which quotas and time zones it does not know`() async throws {
        try await Self.withStore { store, _ in
            let quotas = try await store.unknownQuotas(among: ["basic", "x", "a", "x"])
            #expect(quotas == ["a", "x"])
            let names = ["Asia/Shanghai", "Asia/Atlantis", "UTC", "Asia/Atlantis"]
            let zones = try await store.unknownTimeZones(among: names)
            #expect(zones == ["Asia/Atlantis"])
        }
    }

    @Test func `Ten thousand rules are published in seconds`() async throws {
        try await Self.withStore { store, _ in
            let drafts = (0..<10_000).map { index in
                RuleDraft(
                    .written(
                        .record(.template),
                        domain: "live.example.com",
                        app: "live",
                        stream: index % 10 == 0 ? "room-\(index)-*" : "room-\(index)"
                    ).with { $0.name = index % 2 == 0 ? "room-\(index)" : nil }
                )
            }
            let clock = ContinuousClock()
            let first = try await clock.measure { try await Self.publish(drafts, to: store) }
            let same = try await clock.measure { try await Self.publish(drafts, to: store) }
            let changed = drafts.map { RuleDraft($0.rule.with { $0.priority = 1 }) }
            let all = try await clock.measure { try await Self.publish(changed, to: store) }
            let back = try await clock.measure { _ = try await store.rollBack(to: .revision(1)) }
            print("10,000 rules: published \(first), the same \(same), all changed \(all), rolled back \(back)")
            #expect(first + same + all + back < .seconds(60))
            #expect(try await store.list().rules.count == 10_000)
        }
    }
}
