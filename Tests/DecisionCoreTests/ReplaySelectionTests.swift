import DecisionCore
import Testing

@Suite struct ReplaySelectionTests {
    private static let event = StreamEvent.example()
    private static let decided = KeptAnswer(
        cause: "decided",
        decision: Decision(
            verdict: .skip,
            reason: .quotaExhausted(Rule.ID(rawValue: 3)),
            revision: 1,
            decidedAt: .example
        )
    )

    private static func contains(
        _ answer: KeptAnswer?,
        _ change: (inout ReplaySelection) -> Void
    ) -> Bool {
        var selection = ReplaySelection(source: .stream, span: .offsets(0..<1))
        change(&selection)
        return selection.contains(event, answer: answer)
    }

    @Test func `Without conditions everything is selected`() {
        #expect(Self.contains(nil) { _ in })
        #expect(Self.contains(Self.decided) { _ in })
    }

    @Test func `Each name has its pattern`() {
        #expect(Self.contains(nil) { $0.domain = .exact(Self.event.domain) })
        #expect(!Self.contains(nil) { $0.domain = .exact("x" + Self.event.domain) })
        #expect(Self.contains(nil) { $0.app = NamePattern("*") })
        #expect(!Self.contains(nil) { $0.app = .exact("x" + Self.event.app) })
        #expect(Self.contains(nil) { $0.stream = NamePattern(String(Self.event.stream.prefix(2)) + "*") })
        #expect(!Self.contains(nil) { $0.stream = NamePattern("?") })
    }

    @Test func `One of the causes is enough, and what has no outcome is unanswered`() {
        #expect(Self.contains(Self.decided) { $0.causes = ["timeout", "decided"] })
        #expect(!Self.contains(Self.decided) { $0.causes = ["timeout", "unanswered"] })
        #expect(Self.contains(nil) { $0.causes = ["timeout", "unanswered"] })
        #expect(!Self.contains(nil) { $0.causes = ["timeout"] })
    }

    @Test func `A rule is one that had won, whatever its quota said`() {
        #expect(Self.contains(Self.decided) { $0.rule = Rule.ID(rawValue: 3) })
        #expect(!Self.contains(Self.decided) { $0.rule = Rule.ID(rawValue: 4) })
        #expect(!Self.contains(nil) { $0.rule = Rule.ID(rawValue: 3) })
        #expect(!Self.contains(KeptAnswer(cause: "timeout", decision: nil)) { $0.rule = Rule.ID(rawValue: 3) })
    }
}
