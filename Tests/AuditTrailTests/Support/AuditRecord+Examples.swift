import AMQP
import DecisionCore
import Wire

extension GatewayRun {
    static let example = GatewayRun(gateway: "gateway-1", id: EventID(high: 0x018B_CFE5_6800_7FFF, low: 1 << 63))
}

extension RecordingPlan {
    /// MP4 in files of five minutes.
    static let example: RecordingPlan = {
        do { return try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300]) } catch { fatalError("\(error)") }
    }()
}

extension Decision {
    /// A decision of rule 3 to record MP4.
    static let example = Decision(
        verdict: .record(.example),
        reason: .rule(Rule.ID(rawValue: 3)),
        losingRules: [.init(id: Rule.ID(rawValue: 4), reason: .preceded(.age))],
        revision: 7,
        decidedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_001)
    )
}

extension Outcome {
    /// The outcome of the event with this number; decided by ``Decision/example`` unless `cause` says otherwise.
    static func number(
        _ number: Int,
        _ cause: Cause = .decision(.example),
        answer: String? = nil
    ) -> Outcome {
        Outcome(
            event: StreamEvent(
                id: .number(number),
                receivedAt: .example,
                domain: "test.com",
                app: "test123",
                stream: "teststream",
                bitrate: 2_000,
                codec: .h264
            ),
            cause: cause,
            answer: answer ?? (cause.decision == nil ? #"{"NeedRecord":false}"# : #"{"NeedRecord":true}"#),
            run: .example,
            worker: cause.decision == nil ? nil : "worker-1",
            publishCount: cause.decision == nil ? 0 : 1,
            times: cause.decision == nil
                ? AnswerTimes(answered: 12)
                : AnswerTimes(published: 90, replied: 1_780, answered: 1_800, worker: 900, facts: 600)
        )
    }
}

extension [AuditRecord] {
    /// What a gateway publishes for them.
    func message(_ topology: Topology, id: String = "run/0") -> AMQPMessage {
        AuditMessage.message(
            records: map { $0.encoded() },
            id: id,
            sentAt: .example,
            topology: topology,
            sender: "gateway-1"
        )
    }
}
