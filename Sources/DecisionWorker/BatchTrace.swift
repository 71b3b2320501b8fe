internal import DecisionCore
internal import Observability
internal import Tracing
internal import Wire

/// The spans of a worker's batch: for each event whose trace is recorded, of processing it, of reading its facts, and of
/// publishing its reply. What is done for all of a batch at once has the same times in each of their traces, and they link
/// to one another.
///
/// Source of the names and attributes: OpenTelemetry semantic conventions for messaging spans and for database spans.
struct BatchTrace {
    /// More links than that say no more.
    private static let maximumLinks = 16

    private let tracer: any Tracer
    private let topology: Topology
    private let start = DefaultTracerClock.now
    private let began = ContinuousClock.now

    /// Begins, as the batch does.
    init(_ tracer: any Tracer, topology: Topology) {
        self.tracer = tracer
        self.topology = topology
    }

    /// The batch is done: its replies are handed to the broker.
    ///
    /// - Parameters:
    ///   - requests: What was replied to.
    ///   - count: How many events were in the batch.
    ///   - reading: When their facts were read; nil when that was not tried.
    ///   - isRead: Whether they were.
    ///   - decided: When they were decided.
    func end(
        _ requests: [EventRequest],
        of count: Int,
        reading: Range<ContinuousClock.Instant>?,
        isRead: Bool,
        decided: ContinuousClock.Instant
    ) {
        let end = instant(.now)
        let spans = requests.compactMap { request -> (EventRequest, any Span)? in
            guard let headers = request.trace else { return nil }
            let span = tracer.startSpan(
                "process \(topology.decisionsQueue)",
                context: headers.context(by: tracer),
                ofKind: .consumer,
                at: start
            )
            return span.isRecording ? (request, span) : nil
        }
        for (index, (request, span)) in spans.enumerated() {
            span.attributes["messaging.system"] = "rabbitmq"
            span.attributes["messaging.operation.type"] = "process"
            span.attributes["messaging.operation.name"] = "process"
            span.attributes["messaging.destination.name"] =
                "\(topology.exchange):\(Topology.onDemandKey):\(topology.decisionsQueue)"
            span.attributes["messaging.batch.message_count"] = count
            span.attributes["messaging.message.id"] = request.event.id.description
            for (other, (_, neighbour)) in spans.enumerated().prefix(Self.maximumLinks) where other != index {
                span.addLink(SpanLink(context: neighbour.context, attributes: [:]))
            }
            if let reading { read(reading, isRead: isRead, count: requests.count, in: span) }
            let reply = tracer.startSpan(
                "publish \(topology.namespace).replies",
                context: span.context,
                ofKind: .producer,
                at: instant(decided)
            )
            reply.attributes["messaging.system"] = "rabbitmq"
            reply.attributes["messaging.operation.type"] = "send"
            reply.attributes["messaging.operation.name"] = "publish"
            reply.attributes["messaging.destination.name"] = request.replyTo
            reply.attributes["messaging.destination.temporary"] = true
            reply.attributes["messaging.message.conversation_id"] = request.event.id.description
            reply.end(at: end)
            if !isRead { span.setStatus(SpanStatus(code: .error, message: "the business state cannot be read")) }
            span.end(at: end)
        }
    }

    private func read(_ reading: Range<ContinuousClock.Instant>, isRead: Bool, count: Int, in span: any Span) {
        let facts = tracer.startSpan(
            "SELECT needrecord.rules",
            context: span.context,
            ofKind: .client,
            at: instant(reading.lowerBound)
        )
        facts.attributes["db.system.name"] = "postgresql"
        facts.attributes["db.operation.name"] = "SELECT"
        facts.attributes["db.collection.name"] = "needrecord.rules"
        if count > 1 { facts.attributes["db.operation.batch.size"] = count }
        if !isRead { facts.setStatus(SpanStatus(code: .error, message: "the business state cannot be read")) }
        facts.end(at: instant(reading.upperBound))
    }

    private func instant(_ moment: ContinuousClock.Instant) -> DefaultTracerClock.Timestamp {
        let (seconds, attoseconds) = began.duration(to: moment).components
        let nanoseconds = UInt64(max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
        return DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + nanoseconds)
    }
}
