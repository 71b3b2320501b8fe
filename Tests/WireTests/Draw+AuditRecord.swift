import DecisionCore
import Wire

extension Draw {
    /// Any record of any kind.
    mutating func record() throws -> AuditRecord {
        switch integer(0...5) {
        case 0: .outcome(try outcome())
        case 1:
            .lateDecision(
                LateDecision(
                    eventID: id(),
                    decision: try decision(),
                    worker: text(1...50),
                    run: run(),
                    receivedAt: timestamp(),
                    lateBy: integer(0...Int.max)
                )
            )
        case 2:
            .undeliverableReply(
                UndeliverableReply(
                    eventID: id(),
                    decision: try decision(),
                    worker: text(1...50),
                    returnedAt: timestamp()
                )
            )
        case 3: .replay(try replayRun())
        case 4:
            .replayed(
                ReplayedEvent(
                    event: event(),
                    original: id(),
                    replay: id(),
                    cause: bool() ? .decision(try decision()) : .fallback(element(FallbackCause.allCases)),
                    worker: bool() ? text(1...50) : nil,
                    replyTime: bool() ? microseconds() : nil
                )
            )
        default:
            .minute(
                GatewayMinute(
                    run: run(),
                    minute: Timestamp(millisecondsSinceEpoch: integer(0...30_000_000) * 60_000),
                    received: integer(0...Int.max),
                    outcomes: counts(),
                    unkept: integer(0...Int.max)
                )
            )
        }
    }

    private mutating func outcome() throws -> Outcome {
        let hasReply = bool()
        let isDecided = bool()
        return Outcome(
            event: event(),
            cause: isDecided ? .decision(try decision()) : .fallback(element(FallbackCause.allCases)),
            answer: text(1...500),
            run: run(),
            worker: hasReply ? text(1...50) : nil,
            publishCount: integer(0...Int(Int16.max)),
            times: AnswerTimes(
                published: bool() ? microseconds() : nil,
                replied: hasReply ? microseconds() : nil,
                answered: microseconds(),
                worker: hasReply ? microseconds() : nil,
                facts: hasReply ? microseconds() : nil
            ),
            lateOf: isDecided && bool() ? id() : nil
        )
    }

    private mutating func event() -> StreamEvent {
        StreamEvent(
            id: id(),
            receivedAt: timestamp(),
            domain: text(1...60),
            app: text(1...60),
            stream: text(1...60),
            bitrate: bool() ? integer(0...Int(Int32.max)) : nil,
            codec: element([.h264, .h265, nil]),
            anomalies: EventAnomaly.allCases.filter { _ in bool() }
        )
    }

    private mutating func replayRun() throws -> ReplayRun {
        var run = ReplayRun(
            replay: id(),
            id: id(),
            startedAt: timestamp(),
            operatorName: text(1...60),
            reason: text(1...200),
            selection: selection(),
            rate: integer(1...Int(Int32.max)),
            chargesQuotas: bool()
        )
        if bool() { run.end = ReplayRun.End(at: timestamp(), isComplete: bool()) }
        return run
    }

    mutating func selection() -> ReplaySelection {
        let start = integer(0...Int64.max / 2)
        var selection = ReplaySelection(
            source: element(ReplaySelection.Source.allCases),
            span: bool() ? .time(from: timestamp(), to: timestamp()) : .offsets(start..<start + integer(0...1_000))
        )
        if bool() { selection.domain = .exact(text(1...60)) }
        if bool() { selection.app = NamePattern("live-*") }
        if bool() { selection.stream = .any }
        selection.causes = Set((Outcome.Cause.names + [ReplaySelection.unanswered]).filter { _ in bool() })
        if bool() { selection.rule = Rule.ID(rawValue: integer(0...Int64.max)) }
        return selection
    }

    private mutating func microseconds() -> Int { integer(0...Int(Int32.max)) }

    private mutating func id() -> EventID {
        EventID(high: integer(0...UInt64.max) & ~0xF000 | 0x7000, low: integer(0...UInt64.max) >> 2 | 1 << 63)
    }

    private mutating func run() -> GatewayRun {
        GatewayRun(gateway: text(1...60), id: id())
    }

    private mutating func counts() -> [String: Int] {
        var counts: [String: Int] = [:]
        for name in Outcome.Cause.names where bool() { counts[name] = integer(0...Int.max) }
        return counts
    }
}
