public import AMQP
public import DecisionCore
public import Observability

/// An event on its way to a worker, with where and until when its reply is wanted.
public struct EventRequest: Sendable, Equatable {
    /// The header with the deadline, in milliseconds since the Unix epoch.
    static let deadlineHeader = "deadline"
    /// The header with the run of the gateway that asks.
    public static let runHeader = "run"
    /// The message type of an on-demand callback.
    static let type = "callback.on_demand"

    /// The event.
    public var event: StreamEvent
    /// The queue that takes the reply.
    public var replyTo: String
    /// When the gateway will have answered without a reply, by the civil clock of the gateway.
    public var deadline: Timestamp
    /// What the event repeats; nil for a callback.
    public var replay: ReplayMark?
    /// Where the sender is in a trace; nil when none is recorded.
    public var trace: TraceHeaders?

    /// Describes a request.
    public init(
        event: StreamEvent,
        replyTo: String,
        deadline: Timestamp,
        replay: ReplayMark? = nil,
        trace: TraceHeaders? = nil
    ) {
        self.event = event
        self.replyTo = replyTo
        self.deadline = deadline
        self.replay = replay
        self.trace = trace
    }

    /// The message that carries an event to the workers and into the callbacks stream.
    ///
    /// Mandatory, so an event that no queue takes comes back at once; transient, because the stream has the copy that
    /// lasts; and expired by the broker when nobody waits for the reply any more.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - body: Its ``StreamEvent/encodedBody()``, which outlives one publish.
    ///   - replyTo: The queue that takes the reply.
    ///   - deadline: When the gateway will have answered without a reply, on its civil clock.
    ///   - remaining: What is left of the budget; at least a millisecond is sent.
    ///   - topology: Where to.
    ///   - run: The gateway that asks.
    ///   - trace: Where it is in a trace; nil when none is recorded.
    public static func message(
        event: StreamEvent,
        body: [UInt8],
        replyTo: String,
        deadline: Timestamp,
        remaining: Duration,
        topology: Topology,
        run: GatewayRun,
        trace: TraceHeaders? = nil
    ) -> AMQPMessage {
        let id = event.id.description
        var headers: AMQPTable = [
            deadlineHeader: .int64(deadline.millisecondsSinceEpoch),
            runHeader: .string(run.id.description),
        ]
        if let trace {
            for name in TraceHeaders.names { headers[name] = trace.values[name].map { .string($0) } }
        }
        return AMQPMessage(
            exchange: topology.exchange,
            routingKey: Topology.onDemandKey,
            mandatory: true,
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .transient,
                correlationID: id,
                replyTo: replyTo,
                expiration: Int(max(1, remaining.milliseconds)),
                messageID: id,
                timestamp: Int(event.receivedAt.millisecondsSinceEpoch / 1_000),
                type: type,
                appID: run.gateway,
                headers: headers
            ),
            body: body
        )
    }

    /// The message that carries the repetition of a callback to the workers.
    ///
    /// It goes to the work queue alone: the callbacks stream has what came in, and nothing else.
    ///
    /// - Parameters:
    ///   - event: The event, under an id of its own.
    ///   - mark: What it repeats.
    ///   - replyTo: The queue that takes the reply.
    ///   - deadline: When nobody waits for the reply any more, on the civil clock of whoever replays.
    ///   - remaining: How long that is; at least a millisecond is sent.
    ///   - topology: Where to.
    ///   - sender: Who replays.
    public static func replayMessage(
        event: StreamEvent,
        mark: ReplayMark,
        replyTo: String,
        deadline: Timestamp,
        remaining: Duration,
        topology: Topology,
        sender: String
    ) -> AMQPMessage {
        let id = event.id.description
        return AMQPMessage(
            routingKey: topology.decisionsQueue,
            mandatory: true,
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .transient,
                correlationID: id,
                replyTo: replyTo,
                expiration: Int(max(1, remaining.milliseconds)),
                messageID: id,
                timestamp: Int(event.receivedAt.millisecondsSinceEpoch / 1_000),
                type: type,
                appID: sender,
                headers: [
                    deadlineHeader: .int64(deadline.millisecondsSinceEpoch),
                    ReplayMark.originalHeader: .string(mark.original.description),
                    ReplayMark.chargesHeader: .bool(mark.chargesQuotas),
                ]
            ),
            body: event.encodedBody()
        )
    }

    /// Reads a delivery.
    ///
    /// - Throws: ``WireError`` when it is no request of a known schema.
    public init(_ delivery: AMQPDelivery) throws(WireError) {
        guard let replyTo = delivery.properties.replyTo, !replyTo.isEmpty else {
            throw WireError(.missingField, "reply_to")
        }
        guard let deadline = delivery.properties.headers[Self.deadlineHeader]?.integerValue else {
            throw WireError(.missingField, "headers.deadline")
        }
        self.init(
            event: try StreamEvent(decodingBody: delivery.body),
            replyTo: replyTo,
            deadline: Timestamp(millisecondsSinceEpoch: Int64(deadline)),
            replay: try ReplayMark(delivery.properties.headers),
            trace: TraceHeaders { delivery.properties.headers[$0]?.stringValue }
        )
    }
}
