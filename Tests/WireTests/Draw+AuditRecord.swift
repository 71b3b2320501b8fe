import DecisionCore
import Wire

extension Draw {
    /// Any record of any kind.
    mutating func record() throws -> AuditRecord {
        switch integer(0...3) {
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
        return Outcome(
            event: StreamEvent(
                id: id(),
                receivedAt: timestamp(),
                domain: text(1...60),
                app: text(1...60),
                stream: text(1...60),
                bitrate: bool() ? integer(0...Int(Int32.max)) : nil,
                codec: element([.h264, .h265, nil]),
                anomalies: EventAnomaly.allCases.filter { _ in bool() }
            ),
            cause: bool() ? .decision(try decision()) : .fallback(element(FallbackCause.allCases)),
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
            )
        )
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
