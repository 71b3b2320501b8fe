public import AMQP
public import DecisionCore

/// A decision that its callback was answered without, on its way to every gateway: any of them may be asked the same
/// again.
///
/// No decision that a quota had a say in can be one. Its reservation may be given back, expire or end with its stream
/// before the question comes again, and whoever answers it then cannot look.
public struct LateAnswer: Sendable, Hashable {
    /// The message type of a late answer.
    static let type = "decision.late"
    /// How long after it was made a decision may answer. The platform's sixth and last attempt comes 35 s after its
    /// first: six times 5 s, with 1 s between.
    public static let lifetime = Duration.seconds(40)

    /// The callback that was decided.
    public let event: StreamEvent
    /// What was decided.
    public let decision: Decision
    /// The worker that decided.
    public let worker: String

    /// Describes a late answer.
    ///
    /// - Throws: ``WireError`` when the decision must not answer another callback: it rests on a quota, or it is to
    ///   record and no rule says so.
    public init(event: StreamEvent, decision: Decision, worker: String) throws(WireError) {
        if decision.reservation != nil { throw WireError(.invalidField, "decision.reservation") }
        if case .quotaExhausted = decision.reason { throw WireError(.invalidField, "decision.reason") }
        if decision.verdict != .skip, decision.winner == nil { throw WireError(.invalidField, "decision.rule") }
        self.event = event
        self.decision = decision
        self.worker = worker
    }

    /// The message body:
    /// `{"schema":1,"worker":"…","event":{…},"decision":{…}}`, with the members of events and decisions elsewhere.
    public func encodedBody() -> [UInt8] {
        var writer = JSONWriter(capacity: 768)
        writer.object { writer in
            writer.member("schema", Schema.current)
            writer.member("worker", worker)
            writer.member("event", object: { $0.members(of: event) })
            writer.member("decision", object: { $0.members(of: decision) })
        }
        return writer.bytes
    }

    /// Reads a message body.
    ///
    /// - Throws: ``WireError`` when the body is no late answer of a known schema, or one that must not answer.
    public init(decodingBody body: [UInt8]) throws(WireError) {
        var worker: String?
        var event: StreamEventFields?
        var decision: DecisionFields?
        try Schema.read(body) { (reader, name) throws(JSONError) in
            switch name {
            case "worker": worker = try reader.readString()
            case "event": event = try StreamEventFields(from: &reader)
            case "decision": decision = try DecisionFields(from: &reader)
            default: try reader.skipValue()
            }
        }
        try self.init(
            event: try Schema.require(event, "event").event(),
            decision: try Schema.require(decision, "decision").decision(),
            worker: try Schema.name(worker, "worker")
        )
    }

    /// The message that tells every gateway.
    ///
    /// Not mandatory: there may be no gateway. Transient, and gone when it could answer nothing any more.
    ///
    /// - Parameters:
    ///   - body: Its ``encodedBody()``.
    ///   - sentAt: The civil clock.
    ///   - topology: Where to.
    ///   - sender: The gateway or the worker that tells.
    public func message(body: [UInt8], sentAt: Timestamp, topology: Topology, sender: String) -> AMQPMessage {
        let id = event.id.description
        return AMQPMessage(
            exchange: topology.lateExchange,
            routingKey: "",
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .transient,
                correlationID: id,
                expiration: Int(Self.lifetime.milliseconds),
                messageID: id,
                timestamp: Int(sentAt.millisecondsSinceEpoch / 1_000),
                type: Self.type,
                appID: sender
            ),
            body: body
        )
    }

    /// For how much longer the decision may answer; nil when it may not.
    ///
    /// - Parameter now: The civil clock. A decision that it takes to have been made just now is as old as nothing; one
    ///   from further ahead than ``lifetime`` is of an age that nobody knows.
    public func remaining(now: Timestamp) -> Duration? {
        let age = now.duration(since: decision.decidedAt)
        guard age < Self.lifetime, Self.lifetime + age > .zero else { return nil }
        return Self.lifetime - max(.zero, age)
    }
}
