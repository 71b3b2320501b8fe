import DecisionCore
import Postgres

/// What the rules should be, kept beside the database while it is changed at random.
struct RuleHistoryModel {
    /// The rules as the transaction that is open sees them.
    private(set) var rules: [Rule.ID: Rule] = [:]
    /// Whether the transaction that is open has changed any.
    private(set) var hasChanged = false
    /// The rules of every revision, from 0 on.
    private(set) var revisions: [[Rule.ID: Rule]] = [[:]]
    /// Rules that were there once.
    private var removed: [Rule.ID: Rule] = [:]

    /// The current revision.
    var revision: Int64 { Int64(revisions.count - 1) }

    /// The transaction took effect.
    mutating func commit() {
        if hasChanged { revisions.append(rules) }
        hasChanged = false
    }

    /// Makes a change in the database and here.
    mutating func change(_ connection: PostgresConnection, _ draw: inout RuleDraw) async throws {
        // More rules would only take more time.
        switch rules.count > 40 ? 2 : draw.integer(0...7) {
        case 0, 1: add(try await connection.insert((0...draw.integer(0...3)).map { _ in draw.rule(around: .example) }))
        case 2: try await removeSome(connection, &draw)
        case 3: try await bringBackSome(connection, &draw)
        case 4: try await upsert(connection, &draw)
        case 5: try await connection.execute("UPDATE needrecord.rules SET note = note, stream = stream")
        default: try await updateSome(connection, &draw)
        }
    }

    private mutating func add(_ new: [Rule]) {
        for rule in new { rules[rule.id] = rule }
        hasChanged = hasChanged || !new.isEmpty
    }

    private func someIDs(_ draw: inout RuleDraw) -> [Rule.ID] {
        let sorted = rules.keys.sorted()
        return sorted.isEmpty ? [] : (0..<draw.integer(0...4)).map { _ in draw.element(sorted) }
    }

    private mutating func removeSome(_ connection: PostgresConnection, _ draw: inout RuleDraw) async throws {
        let ids = someIDs(&draw)
        try await connection.execute("DELETE FROM needrecord.rules WHERE id = ANY (\(ids.map(\.rawValue))::bigint[])")
        for id in ids {
            guard let rule = rules.removeValue(forKey: id) else { continue }
            removed[id] = rule
            hasChanged = true
        }
    }

    /// As a rollback to an older revision does.
    private mutating func bringBackSome(_ connection: PostgresConnection, _ draw: inout RuleDraw) async throws {
        let names = Set(rules.values.compactMap(\.name))
        let gone = draw.some(removed.values.sorted { $0.id < $1.id }).filter { rule in
            rules[rule.id] == nil && rule.name.map { !names.contains($0) } ?? true
        }
        add(try await connection.insert(Array(gone.prefix(1)), keepsIDs: true))
    }

    private mutating func upsert(_ connection: PostgresConnection, _ draw: inout RuleDraw) async throws {
        let name = draw.element(["one", "two", "three"])
        let priority = draw.integer(0...2)
        let updates = draw.once(in: 2)
        let rows = try await connection.query(
            """
            INSERT INTO needrecord.rules (effect, name, priority) VALUES ('skip', \(name), \(priority))
            ON CONFLICT (rule_set, name, shadow) WHERE name IS NOT NULL
            \(unescaped: updates ? "DO UPDATE SET priority = excluded.priority" : "DO NOTHING")
            RETURNING id
            """
        )
        if let old = rules.values.first(where: { $0.name == name }) {
            if updates { update([old.id]) { $0.priority = priority } }
        } else {
            let id = Rule.ID(rawValue: try rows[0].decode(Int64.self, at: 0))
            add([Rule(id: id, name: name, priority: priority, effect: .skip)])
        }
    }

    private mutating func updateSome(_ connection: PostgresConnection, _ draw: inout RuleDraw) async throws {
        let ids = someIDs(&draw)
        let list = ids.map(\.rawValue)
        switch draw.integer(0...3) {
        case 0:
            try await connection.execute(
                "UPDATE needrecord.rules SET priority = priority + 1 WHERE id = ANY (\(list)::bigint[])"
            )
            update(ids) { $0.priority += 1 }
        case 1:
            try await connection.execute(
                "UPDATE needrecord.rules SET enabled = false WHERE id = ANY (\(list)::bigint[])"
            )
            update(ids) { $0.isEnabled = false }
        case 2:
            let pattern = draw.pattern()
            try await connection.execute(
                "UPDATE needrecord.rules SET stream = \(pattern.text) WHERE id = ANY (\(list)::bigint[])"
            )
            update(ids) { $0.stream = pattern }
        default:
            let schedule = draw.schedule()
            try await connection.execute(
                """
                UPDATE needrecord.rules
                SET schedule = \(schedule.windows.map(\.description))::text[], time_zone = \(schedule.timeZone)
                WHERE id = ANY (\(list)::bigint[])
                """
            )
            update(ids) { $0.schedule = schedule }
        }
    }

    private mutating func update(_ ids: [Rule.ID], _ change: (inout Rule) -> Void) {
        for id in Set(ids) {
            guard let old = rules[id] else { continue }
            let new = old.with(change)
            hasChanged = hasChanged || new != old
            rules[id] = new
        }
    }
}
