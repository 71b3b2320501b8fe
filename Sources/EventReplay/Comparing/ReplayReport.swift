public import DecisionCore
public import StreamReading

/// What came of deciding callbacks again, beside what they were answered.
public struct ReplayReport: Sendable {
    /// How many differences are listed at most.
    public let limit: Int

    /// The callbacks that were selected.
    public private(set) var selected = 0
    /// Those that were decided.
    public private(set) var decided = 0
    /// Those of them that are to be recorded.
    public private(set) var toRecord = 0
    /// Those of the selected that were not decided, by cause.
    public private(set) var undecided: [FallbackCause: Int] = [:]
    /// Those of the decided that had no outcome, so that there is nothing to compare.
    public private(set) var unanswered = 0
    /// Those that had been answered with the default, whatever is decided now.
    public private(set) var fallbacks = 0
    /// Those that are answered as before.
    public private(set) var same = 0
    /// Those of them that another rule, or another reason, says so.
    public private(set) var sameForOtherReason = 0
    /// Those that are answered otherwise.
    public private(set) var different = 0
    /// In what they differ; one callback may differ in several things.
    public private(set) var changes: [ReplayChange: Int] = [:]
    /// The first of them.
    public private(set) var differences: [ReplayDifference] = []
    /// Those of the decided for which a quota was taken to have room.
    public private(set) var roomAssumed = 0
    /// What would be recorded that was not.
    public private(set) var gained = RecordedTime()
    /// What would no longer be recorded.
    public private(set) var lost = RecordedTime()
    /// The messages of the stream that are no callbacks.
    public internal(set) var unreadable = 0
    /// What the stream begins with, when what was before is gone.
    public internal(set) var streamBegins: StreamProbe.Mark?
    /// The messages of the outcomes stream that no auditor had written: their callbacks look unanswered. Not looked at
    /// for the audit trail as a source.
    public internal(set) var auditorBehind: Int64 = 0
    /// Whether all that was selected was read.
    public internal(set) var isComplete = true

    init(limit: Int) {
        self.limit = limit
    }

    /// What a callback was decided again.
    ///
    /// - Returns: Whether it is to be recorded where it was not, or the other way round: the length of its push counts.
    mutating func add(_ candidate: ReplayCandidate, _ decision: Decision, isRoomAssumed: Bool) -> ReplayChange? {
        selected += 1
        decided += 1
        if decision.verdict != .skip { toRecord += 1 }
        if isRoomAssumed { roomAssumed += 1 }
        guard let answer = candidate.answer else {
            unanswered += 1
            return nil
        }
        if answer.decision == nil { fallbacks += 1 }
        let changes = ReplayChange.changes(from: answer.verdict, to: decision.verdict)
        guard !changes.isEmpty else {
            same += 1
            if let before = answer.decision, before.reason != decision.reason { sameForOtherReason += 1 }
            return nil
        }
        different += 1
        for change in changes { self.changes[change, default: 0] += 1 }
        if differences.count < limit {
            differences.append(
                ReplayDifference(event: candidate.event, before: answer, after: decision, changes: changes)
            )
        }
        return changes.first { $0 == .recorded || $0 == .notRecorded }
    }

    /// A callback was not decided.
    mutating func add(_ candidate: ReplayCandidate, _ cause: FallbackCause) {
        selected += 1
        undecided[cause, default: 0] += 1
    }

    /// How long the push lasted of a callback that is recorded otherwise.
    mutating func add(_ length: PushLengths.Length, _ change: ReplayChange) {
        if change == .recorded { gained.add(length) } else { lost.add(length) }
    }
}
