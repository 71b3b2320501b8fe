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
    ///   - batch: What was replied to, but for what had become too late.
    ///   - count: How many events were in the batch.
    ///   - reading: When their facts were read; nil when that was not tried.
    ///   - isRead: Whether they were.
    ///   - decided: When they were decided.
    func end(
        _ batch: DecisionBatch,
        of count: Int,
        reading: Range<ContinuousClock.Instant>?,
        isRead: Bool,
        decided: ContinuousClock.Instant
    ) {
        let end = instant(.now)
        let spans = batch.requests.enumerated().compactMap { index, request -> (Int, EventRequest, any Span)? in
            guard let headers = request.trace else { return nil }
            let span = tracer.startSpan(
                "process \(topology.decisionsQueue)",
                context: headers.context(by: tracer),
                ofKind: .consumer,
                at: start
            )
            return span.isRecording ? (index, request, span) : nil
        }
        for (index, request, span) in spans {
            span.attributes = [
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name":
                    "\(topology.exchange):\(Topology.onDemandKey):\(topology.decisionsQueue)",
                "messaging.batch.message_count": .int64(Int64(count)),
                "messaging.message.id": .string(request.event.id.description),
            ]
            for (other, _, neighbour) in spans.prefix(Self.maximumLinks) where other != index {
                span.addLink(SpanLink(context: neighbour.context, attributes: [:]))
            }
            if let reading { read(reading, isRead: isRead, count: batch.requests.count, in: span) }
            if batch.unanswered.contains(index) {
                span.setStatus(SpanStatus(code: .error, message: "too late for a reply"))
            } else {
                reply(to: request, from: instant(decided), until: end, in: span)
                // As its reply says. The state may only be locked, too, for longer than the event could wait.
                if !isRead {
                    span.setStatus(SpanStatus(code: .error, message: FallbackCause.stateUnavailable.rawValue))
                }
            }
            span.end(at: end)
        }
    }

    private func reply(
        to request: EventRequest,
        from start: DefaultTracerClock.Timestamp,
        until end: DefaultTracerClock.Timestamp,
        in span: any Span
    ) {
        let reply = tracer.startSpan(
            "publish \(topology.namespace).replies",
            context: span.context,
            ofKind: .producer,
            at: start
        )
        reply.attributes = [
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "send",
            "messaging.operation.name": "publish",
            "messaging.destination.name": .string(request.replyTo),
            "messaging.destination.temporary": true,
            "messaging.message.conversation_id": .string(request.event.id.description),
        ]
        reply.end(at: end)
    }

    private func read(_ reading: Range<ContinuousClock.Instant>, isRead: Bool, count: Int, in span: any Span) {
        let facts = tracer.startSpan(
            "SELECT needrecord.rules",
            context: span.context,
            ofKind: .client,
            at: instant(reading.lowerBound)
        )
        var attributes: SpanAttributes = [
            "db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "needrecord.rules",
        ]
        if count > 1 { attributes["db.operation.batch.size"] = count }
        facts.attributes = attributes
        if !isRead { facts.setStatus(SpanStatus(code: .error, message: "the business state cannot be read")) }
        facts.end(at: instant(reading.upperBound))
    }

    private func instant(_ moment: ContinuousClock.Instant) -> DefaultTracerClock.Timestamp {
        let (seconds, attoseconds) = began.duration(to: moment).components
        let nanoseconds = UInt64(max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
        return DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start.nanosecondsSinceEpoch + nanoseconds)
    }
}
