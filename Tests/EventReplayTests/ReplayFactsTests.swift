import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import EventReplay

@Suite(.timeLimit(.minutes(1))) struct ReplayFactsTests {
    /// 2026-10-25 01:00 UTC, when Berlin's clocks go back from 03:00 to 02:00.
    private static let change = Timestamp(millisecondsSinceEpoch: 1_792_890_000_000)

    private static func candidate(_ number: Int, after seconds: Int, stream: String = "s") -> ReplayCandidate {
        var event = StreamEvent.number(number, stream: stream)
        event.receivedAt = change.advanced(by: .seconds(seconds))
        return ReplayCandidate(event: event, answer: nil)
    }

    private static func write(_ sql: String, _ database: ProductDatabase) async throws {
        try await database.withConnection(role: "needrecord_operator") { try await $0.simpleQuery(sql) }
    }

    @Test func `Each callback is decided by the wall clock of its own moment`() async throws {
        try await Trail.with { trail, database in
            try await Self.write(
                "INSERT INTO needrecord.rules (effect, schedule, time_zone) "
                    + "VALUES ('record', '{sun 02:30-03:00}', 'Europe/Berlin')",
                database
            )
            // 02:29:59, 02:30:00, 02:59:59 before the change; 02:00:00, 02:29:59, 02:30:00 and 03:00:00 after it.
            let seconds = [-1_801, -1_800, -1, 0, 1_799, 1_800, 3_600]
            let candidates = seconds.enumerated().map { Self.candidate($0, after: $1) }
            let facts = try await ReplayFacts(ReplayRules(revision: 1), on: trail.connection).facts(for: candidates)
            let verdicts = zip(candidates, facts).map { Redecision($0, $1).decision.verdict == .record(.template) }
            #expect(verdicts == [false, true, true, false, false, true, false])
        }
    }

    @Test func `Rules of another revision, or of a file, are those that are decided on`() async throws {
        try await Trail.with { trail, database in
            try await Self.write("INSERT INTO needrecord.rules (effect, stream) VALUES ('record', 's')", database)
            try await Self.write("INSERT INTO needrecord.rules (rule_set, effect) VALUES ('other', 'record')", database)
            try await Self.write("DELETE FROM needrecord.rules WHERE rule_set = 'default'", database)
            let candidates = [Self.candidate(1, after: 0), Self.candidate(2, after: 0, stream: "t")]
            func rules(_ rules: ReplayRules) async throws -> [[Int64]] {
                try await ReplayFacts(rules, on: trail.connection).facts(for: candidates)
                    .map { $0.rules.map(\.id.rawValue).sorted() }
            }
            #expect(try await rules(ReplayRules(revision: 1)) == [[1], []])
            #expect(try await rules(ReplayRules(revision: 2)) == [[1, 2], [2]])
            #expect(try await rules(ReplayRules(revision: 3)) == [[2], [2]])
            let file = ReplayRules.Replacement(
                set: "other",
                rules: [
                    Rule(id: Rule.ID(rawValue: 100), stream: .exact("t"), effect: .skip),
                    Rule(
                        id: Rule.ID(rawValue: 101),
                        schedule: WeeklySchedule(
                            timeZone: "Europe/Berlin",
                            windows: [try #require(WeeklySchedule.Window("sun 02:30-03:00"))]
                        ),
                        effect: .skip
                    ),
                ]
            )
            #expect(try await rules(ReplayRules(revision: 2, replacement: file)) == [[1, 101], [100, 101]])
            let facts = try await ReplayFacts(ReplayRules(revision: 2, replacement: file), on: trail.connection)
                .facts(for: [Self.candidate(1, after: -1), Self.candidate(2, after: 0)])
            #expect(facts.map(\.utcOffsets) == [["Europe/Berlin": 7_200], ["Europe/Berlin": 3_600]])
        }
    }
}
