import DecisionCore
import TestSupport
import Testing

@testable import EventReplay

@Suite struct RuleIndexTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `It finds every rule whose names match, and no other`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let patterns = try ["*", "a", "b", "a*", "?", "ab", "\\*"].map { try #require(NamePattern($0)) }
        let names = ["a", "b", "ab", "*", "c"]
        let rules = (0..<Int.random(in: 0...40, using: &random)).map { number in
            Rule(
                id: Rule.ID(rawValue: Int64(number)),
                domain: patterns.randomElement(using: &random) ?? .any,
                app: patterns.randomElement(using: &random) ?? .any,
                stream: patterns.randomElement(using: &random) ?? .any,
                effect: .skip
            )
        }
        let index = RuleIndex(rules)
        for domain in names {
            for app in names {
                for stream in names {
                    let event = StreamEvent(
                        id: .number(1),
                        receivedAt: .example,
                        domain: domain,
                        app: app,
                        stream: stream
                    )
                    let expected = rules.filter {
                        $0.domain.matches(domain) && $0.app.matches(app) && $0.stream.matches(stream)
                    }
                    #expect(Set(index.rules(for: event).map(\.id)) == Set(expected.map(\.id)))
                    #expect(index.rules(for: event).count == expected.count)
                }
            }
        }
    }
}
