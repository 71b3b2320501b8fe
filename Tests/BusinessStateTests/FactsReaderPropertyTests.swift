import BusinessState
import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

/// What holds for any rules and any events, tried on many that are drawn at random.
@Suite(.timeLimit(.minutes(3))) struct FactsReaderPropertyTests {
    private static let ruleSets = 200
    private static let rulesInSet = 24
    private static let eventsInBatch = 32

    @Test func `What is read is what matches by name, and decides as all rules would and as the reference does`()
        async throws
    {
        try await ProductDatabase.with { database in
            try await database.addQuotas(RuleDraw.quotas)
            try await database.withConnection(role: "needrecord_operator") { writer in
                try await database.withReader { reader in
                    var draw = RuleDraw(seed: 301)
                    var found = 0
                    for _ in 0..<Self.ruleSets {
                        found += try await Self.check(&draw, writer, reader)
                    }
                    // So many that the comparison says something.
                    #expect(found > Self.ruleSets * Self.eventsInBatch)
                }
            }
        }
    }

    /// Compares one set of rules for one batch of events; returns how many rules were found.
    private static func check(
        _ draw: inout RuleDraw,
        _ writer: PostgresConnection,
        _ reader: PostgresConnection
    ) async throws -> Int {
        draw.drawNames()
        let now = Timestamp.example.advanced(by: .seconds(draw.integer(0...31_536_000)))
        let drawn = (0..<rulesInSet).map { _ in draw.rule(around: now) }
        try await writer.execute("DELETE FROM needrecord.rules")
        let rules = try await writer.insert(drawn)
        let revision = try await writer.revision()
        let events = (0..<eventsInBatch).map { _ in draw.event() }
        let facts = try await reader.facts(events, now: now)
        try #require(facts.count == events.count)
        let names = Names(rules)
        for (event, facts) in zip(events, facts) {
            let matching = names.rules(for: event)
            #expect(facts.live.rules.sorted { $0.id < $1.id } == matching, "\(event)")
            #expect(facts.live.revision == revision)
            #expect(facts.live.utcOffsets == offsets(of: matching, now))
            #expect(facts.shadow == nil)
            compare(event, facts.live, all: rules, matching: matching, reservation: draw.reservation(), now: now)
        }
        return facts.reduce(0) { $0 + $1.live.rules.count }
    }

    private static func compare(
        _ event: StreamEvent,
        _ found: Facts,
        all: [Rule],
        matching: [Rule],
        reservation: Reservation?,
        now: Timestamp
    ) {
        var found = found
        found.reservation = reservation
        let decision = decide(event, found, now: now)
        var facts = found
        facts.rules = all.filter {
            $0.domain.matches(event.domain) && $0.app.matches(event.app) && $0.stream.matches(event.stream)
        }
        #expect(decision == decide(event, facts, now: now), "\(event)")
        let date = Date(timeIntervalSince1970: Double(now.millisecondsSinceEpoch) / 1_000)
        let reference = ReferenceDecision(event, matching, reservation: reservation, now: date)
        #expect(ReferenceDecision(decision) == reference, "\(event)")
    }

    private static func offsets(of rules: [Rule], _ now: Timestamp) -> [String: Int] {
        let date = Date(timeIntervalSince1970: Double(now.millisecondsSinceEpoch) / 1_000)
        let timeZones = Set(rules.compactMap { $0.schedule?.timeZone })
        return Dictionary(
            uniqueKeysWithValues: timeZones.map { ($0, TimeZone(identifier: $0)!.secondsFromGMT(for: date)) }
        )
    }

    /// The names of rules, read by the reference.
    private struct Names {
        private let patterns: [(rule: Rule, domain: ReferencePattern, app: ReferencePattern, stream: ReferencePattern)]

        init(_ rules: [Rule]) {
            patterns = rules.map {
                ($0, ReferencePattern($0.domain), ReferencePattern($0.app), ReferencePattern($0.stream))
            }
        }

        /// In the order of their ids.
        func rules(for event: StreamEvent) -> [Rule] {
            let domain = Array(event.domain.unicodeScalars)
            let app = Array(event.app.unicodeScalars)
            let stream = Array(event.stream.unicodeScalars)
            return patterns.filter { $0.domain.matches(domain) && $0.app.matches(app) && $0.stream.matches(stream) }
                .map(\.rule)
        }
    }
}
