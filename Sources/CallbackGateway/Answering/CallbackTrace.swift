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
        let sent = TraceHeaders { head.headers.first(name: $0) }
        let server = tracer.startSpan(
            "\(head.method.rawValue) \(route)",
            context: sent?.context(by: tracer) ?? .topLevel,
            ofKind: .server,
            at: start
        )
        guard server.isRecording else { return nil }
        server.attributes["http.request.method"] = head.method.rawValue
        server.attributes["http.route"] = route
        publish = tracer.startSpan(
            "publish \(topology.exchange)",
            context: server.context,
            ofKind: .producer,
            at: start
        )
        publish.attributes["messaging.system"] = "rabbitmq"
        publish.attributes["messaging.operation.type"] = "send"
        publish.attributes["messaging.operation.name"] = "publish"
        publish.attributes["messaging.destination.name"] = "\(topology.exchange):\(Topology.onDemandKey)"
        publish.attributes["messaging.rabbitmq.destination.routing_key"] = Topology.onDemandKey
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
            publish.attributes["messaging.message.id"] = event
            publish.attributes["needrecord.publish.count"] = outcome.publishCount
            publish.end(at: instant(after: published))
        }
        if let published = times.published, let replied = times.replied {
            let receive = tracer.startSpan(
                "receive \(replyQueue)",
                context: server.context,
                ofKind: .consumer,
                at: instant(after: published)
            )
            receive.attributes["messaging.system"] = "rabbitmq"
            receive.attributes["messaging.operation.type"] = "receive"
            receive.attributes["messaging.operation.name"] = "receive"
            receive.attributes["messaging.destination.name"] = replyQueue
            receive.attributes["messaging.destination.temporary"] = true
            receive.attributes["messaging.message.conversation_id"] = event
            receive.end(at: instant(after: replied))
        }
        let journal = tracer.startSpan("journal", context: server.context, at: instant(after: times.answered))
        journal.end(at: instant(after: total.microseconds))

        server.attributes["http.response.status_code"] = 200
        server.attributes["needrecord.event"] = event
        server.attributes["needrecord.cause"] = outcome.cause.name
        server.attributes["needrecord.record"] = outcome.verdict != .skip
        if let decision = outcome.cause.decision {
            server.attributes["needrecord.rule.revision"] = decision.revision
            if let rule = decision.winner { server.attributes["needrecord.rule"] = rule.rawValue }
        }
        server.end(at: instant(after: total.microseconds))
    }

    private func instant(after microseconds: Int) -> DefaultTracerClock.Timestamp {
        let nanoseconds = UInt64(max(0, microseconds)) * 1_000
        return DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + nanoseconds)
    }
}
