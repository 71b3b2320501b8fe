import DecisionCore

extension EventID {
    /// The id of the event with this number, a millisecond after the one before.
    static func number(_ number: Int) -> EventID {
        let milliseconds = UInt64(Timestamp.example.millisecondsSinceEpoch) + UInt64(number)
        return EventID(high: milliseconds << 16 | 0x7000, low: 1 << 63 | UInt64(number))
    }
}

extension Timestamp {
    static let example = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
}

extension StreamEvent {
    /// The event with this number.
    static func number(_ number: Int, stream: String = "teststream") -> StreamEvent {
        StreamEvent(
            id: .number(number),
            receivedAt: EventID.number(number).timestamp,
            domain: "test.com",
            app: "test123",
            stream: stream
        )
    }
}

extension RecordingPlan {
    static func plan(_ formats: [RecordFormat], _ intervals: [RecordFormat: Int] = [:]) -> RecordingPlan {
        do { return try RecordingPlan(formats: formats, intervals: intervals) } catch { fatalError("\(error)") }
    }
}

extension Decision {
    /// A decision of rule 3.
    static func of(
        _ verdict: Verdict,
        _ reason: Reason = .rule(Rule.ID(rawValue: 3)),
        reservation: Reservation? = nil
    ) -> Decision {
        Decision(
            verdict: verdict,
            reason: reason,
            revision: 7,
            reservation: reservation,
            decidedAt: Timestamp.example.advanced(by: .seconds(5))
        )
    }
}

extension KeptAnswer {
    /// A decided one.
    static func decided(_ decision: Decision) -> KeptAnswer { KeptAnswer(cause: "decided", decision: decision) }

    static let timeout = KeptAnswer(cause: "timeout", decision: nil)
}
