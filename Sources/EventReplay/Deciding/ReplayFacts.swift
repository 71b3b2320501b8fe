internal import BusinessState
internal import DecisionCore
internal import Postgres

/// Reads the facts for callbacks that are decided again.
struct ReplayFacts {
    /// How long a statement may take.
    private static let timeout: Duration = .seconds(120)
    /// Clocks are changed at a quarter hour, whatever the time zone, so within one the offsets are the same.
    private static let quarterHour: Int64 = 900_000

    private let reader: FactsReader
    private let connection: PostgresConnection
    private let replacedSet: String?
    private let index: RuleIndex
    private let timeZones: [String]

    init(_ rules: ReplayRules, on connection: PostgresConnection) {
        self.connection = connection
        reader = FactsReader(asOf: rules.revision)
        replacedSet = rules.replacement?.set
        index = RuleIndex(rules.replacement?.rules ?? [])
        timeZones = Set((rules.replacement?.rules ?? []).compactMap { $0.schedule?.timeZone }).sorted()
    }

    /// The facts for each candidate, in their order, but for reservations.
    ///
    /// - Throws: `PostgresError`, also when the database does not know a time zone.
    func facts(for candidates: [ReplayCandidate]) async throws -> [Facts] {
        var facts: [Facts] = []
        facts.reserveCapacity(candidates.count)
        var rest = candidates[...]
        while let first = rest.first {
            let quarter = floorDivided(first.clock)
            let group = rest.prefix { floorDivided($0.clock) == quarter }
            rest = rest.dropFirst(group.count)
            facts += try await self.facts(for: group.map(\.event), now: first.clock)
        }
        return facts
    }

    private func floorDivided(_ clock: Timestamp) -> Int64 {
        // Callbacks are younger than 1970.
        clock.millisecondsSinceEpoch / Self.quarterHour
    }

    private func facts(for events: [StreamEvent], now: Timestamp) async throws -> [Facts] {
        var facts = try await reader.facts(for: events, on: connection, now: now, timeout: Self.timeout).map(\.live)
        guard let replacedSet else { return facts }
        let offsets = try await FactsReader.utcOffsets(of: timeZones, on: connection, now: now)
        for (place, event) in events.enumerated() {
            facts[place].rules.removeAll { $0.set == replacedSet }
            let rules = index.rules(for: event)
            facts[place].rules += rules
            for timeZone in rules.compactMap({ $0.schedule?.timeZone }) {
                facts[place].utcOffsets[timeZone] = offsets[timeZone]
            }
        }
        return facts
    }
}
