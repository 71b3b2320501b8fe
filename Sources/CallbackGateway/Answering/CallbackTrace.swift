internal import DecisionCore
internal import NIOHTTP1
internal import Observability
internal import Tracing
internal import Wire

/// The spans of one callback: of the request, of publishing its event, of taking its reply, and of the journal.
///
/// Source of the names and attributes: OpenTelemetry semantic conventions for HTTP spans and for messaging spans.
struct CallbackTrace: Sendable {
    /// What the event carries to the worker.
    let headers: TraceHeaders
    /// 32 hexadecimal digits.
    let id: String

    private let tracer: any Tracer
    private let start: DefaultTracerClock.Timestamp
    private let server: any Span
    private let publish: any Span
    private let replyQueue: String

    /// Begins the trace of a request that is complete, or goes on with the one that it names; nil when it is not to be
    /// recorded.
    ///
    /// - Parameter route: The path, without a secret that may stand in it.
    init?(_ head: HTTPRequestHead, route: String, topology: Topology, tracer: any Tracer) {
        let start = DefaultTracerClock.now
        let sent = TraceHeaders { head.headers.joined($0) }
        let server = tracer.startSpan(
            "\(head.method.rawValue) \(route)",
            context: sent?.context(by: tracer) ?? .topLevel,
            ofKind: .server,
            at: start
        )
        guard server.isRecording else { return nil }
        server.attributes = ["http.request.method": .string(head.method.rawValue), "http.route": .string(route)]
        publish = tracer.startSpan(
            "publish \(topology.exchange)",
            context: server.context,
            ofKind: .producer,
            at: start
        )
        publish.attributes = [
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "send",
            "messaging.operation.name": "publish",
            "messaging.destination.name": "\(topology.exchange):\(Topology.onDemandKey)",
            "messaging.rabbitmq.destination.routing_key": .string(Topology.onDemandKey),
        ]
        headers = TraceHeaders(of: publish.context, by: tracer)
        id = server.context.traceID ?? ""
        replyQueue = "\(topology.namespace).replies"
        self.tracer = tracer
        self.start = start
        self.server = server
    }

    /// The answer may leave.
    ///
    /// - Parameter total: How long after the beginning.
    func end(_ outcome: Outcome, after total: Duration) {
        let times = outcome.times
        let event = outcome.event.id.description
        if let published = times.published {
            publish.attributes.merge([
                "messaging.message.id": .string(event),
                "needrecord.publish.count": .int64(Int64(outcome.publishCount)),
            ])
            publish.end(at: instant(after: published))
        }
        if let published = times.published, let replied = times.replied {
            let receive = tracer.startSpan(
                "receive \(replyQueue)",
                context: server.context,
                ofKind: .consumer,
                at: instant(after: published)
            )
            receive.attributes = [
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "receive",
                "messaging.operation.name": "receive",
                "messaging.destination.name": .string(replyQueue),
                "messaging.destination.temporary": true,
                "messaging.message.conversation_id": .string(event),
            ]
            receive.end(at: instant(after: replied))
        }
        let journal = tracer.startSpan("journal", context: server.context, at: instant(after: times.answered))
        journal.end(at: instant(after: total.microseconds))

        var answer: SpanAttributes = [
            "http.response.status_code": 200,
            "needrecord.event": .string(event),
            "needrecord.cause": .string(outcome.cause.name),
            "needrecord.record": .bool(outcome.verdict != .skip),
        ]
        if let decision = outcome.cause.decision {
            answer["needrecord.rule.revision"] = decision.revision
            if let rule = decision.winner { answer["needrecord.rule"] = rule.rawValue }
        }
        server.attributes.merge(answer)
        server.end(at: instant(after: total.microseconds))
    }

    private func instant(after microseconds: Int) -> DefaultTracerClock.Timestamp {
        let nanoseconds = UInt64(max(0, microseconds)) * 1_000
        return DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + nanoseconds)
    }
}
