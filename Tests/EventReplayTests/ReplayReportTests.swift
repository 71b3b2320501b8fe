import DecisionCore
import Testing

@testable import EventReplay

@Suite struct ReplayReportTests {
    private static let mp4 = Decision.Verdict.record(.plan([.mp4], [.mp4: 300]))

    @Test(
        arguments: [
            (.skip, .skip, []), (.skip, mp4, [.recorded]), (mp4, .skip, [.notRecorded]), (mp4, mp4, []),
            (mp4, .record(.plan([.mp4, .flv], [.mp4: 300])), [.formats]),
            (mp4, .record(.plan([.mp4], [.mp4: 301])), [.intervals]),
            (mp4, .record(.plan([.mp4])), [.intervals]), (mp4, .record(.template), [.formats, .intervals]),
        ] as [(Decision.Verdict, Decision.Verdict, [ReplayChange])]
    )
    func `Answers are compared by what the platform is told`(
        before: Decision.Verdict,
        after: Decision.Verdict,
        changes: [ReplayChange]
    ) {
        #expect(ReplayChange.changes(from: before, to: after) == changes)
    }

    private static func candidate(_ number: Int, _ answer: KeptAnswer?) -> ReplayCandidate {
        ReplayCandidate(event: .number(number), answer: answer)
    }

    @Test func `Each callback is counted once, and in the right place`() {
        var report = ReplayReport(limit: 2)
        let rule4 = Decision.Reason.rule(Rule.ID(rawValue: 4))
        #expect(report.add(Self.candidate(1, .decided(.of(Self.mp4))), .of(Self.mp4), isRoomAssumed: false) == nil)
        #expect(report.add(Self.candidate(2, .decided(.of(.skip))), .of(.skip, rule4), isRoomAssumed: false) == nil)
        #expect(report.add(Self.candidate(3, .timeout), .of(.skip), isRoomAssumed: false) == nil)
        #expect(report.add(Self.candidate(4, .timeout), .of(Self.mp4), isRoomAssumed: true) == .recorded)
        #expect(
            report.add(Self.candidate(5, .decided(.of(Self.mp4))), .of(.skip), isRoomAssumed: false) == .notRecorded
        )
        #expect(
            report.add(Self.candidate(6, .decided(.of(Self.mp4))), .of(.record(.template)), isRoomAssumed: false) == nil
        )
        #expect(report.add(Self.candidate(7, nil), .of(Self.mp4), isRoomAssumed: false) == nil)
        report.add(Self.candidate(8, .timeout), .timeout)

        #expect(report.selected == 8)
        #expect(report.decided == 7)
        #expect(report.toRecord == 4)
        #expect(report.undecided == [.timeout: 1])
        #expect(report.unanswered == 1)
        #expect(report.fallbacks == 2)
        #expect(report.same == 3)
        #expect(report.sameForOtherReason == 1)
        #expect(report.different == 3)
        #expect(report.changes == [.recorded: 1, .notRecorded: 1, .formats: 1, .intervals: 1])
        #expect(report.roomAssumed == 1)
        #expect(report.differences.map(\.event.id) == [.number(4), .number(5)])
        #expect(report.decided == report.same + report.different + report.unanswered)
    }

    @Test func `The time of a push counts once, with its last attempt, and only when its end is known`() {
        var report = ReplayReport(limit: 0)
        report.add(PushLengths.Length(isLastAttempt: false, seconds: 3_600), .recorded)
        report.add(PushLengths.Length(isLastAttempt: true, seconds: 3_600), .recorded)
        report.add(PushLengths.Length(isLastAttempt: true, seconds: nil), .recorded)
        report.add(PushLengths.Length(isLastAttempt: true, seconds: 60), .notRecorded)
        #expect(report.gained.pushes == 2)
        #expect(report.gained.seconds == 3_600)
        #expect(report.gained.endless == 1)
        #expect(report.lost.pushes == 1)
        #expect(report.lost.seconds == 60)
        #expect(report.lost.endless == 0)
    }
}
