public import AMQP
internal import DecisionCore

/// Reads a part of the callbacks stream.
public struct CallbackReader: Sendable {
    /// What the stream had.
    public struct Reading: Sendable {
        /// The messages whose id is none of an event.
        public var unreadable = 0
        /// The first message that the stream has; nil for an empty one.
        public var first: StreamProbe.Mark?
        /// The same, when that is after the beginning of what was to be read, and not the first that there ever was: what
        /// was before is not there any more.
        public var begins: StreamProbe.Mark?
        /// Whether the stream was read to its end, or to the end of what was to be read.
        public var isComplete = true
    }

    private let connection: AMQPConnection
    private let stream: String
    private let patience: Duration

    /// - Parameters:
    ///   - connection: To the broker.
    ///   - stream: The name of the callbacks stream.
    ///   - patience: How long nothing may come.
    public init(connection: AMQPConnection, stream: String, patience: Duration) {
        self.connection = connection
        self.stream = stream
        self.patience = patience
    }

    /// Reads.
    ///
    /// - Parameters:
    ///   - span: What part of the stream.
    ///   - prefetch: How many messages are read ahead, at least.
    ///   - onCallbacks: Takes the callbacks that are in it, in the order of the stream, as many as were there; one may
    ///     come again that came before. No more come until it is done.
    /// - Throws: ``AMQPError`` and ``StreamError`` when the stream cannot be read, and what `onCallbacks` throws.
    public func read(
        _ span: CallbackSpan,
        prefetch: UInt16 = 2_000,
        onCallbacks: ([CallbackMessage]) async throws -> Void
    ) async throws -> Reading {
        let probe = StreamProbe(connection: connection, stream: stream, patience: patience)
        guard let last = try await probe.last() else { return Reading() }
        var reading = Reading()
        reading.first = try await probe.first()
        if let first = reading.first, span.begins(before: first) { reading.begins = first }
        var writtenLater: Int64?
        if let time = span.endOfWriting { writtenLater = try await probe.first(writtenFrom: time)?.offset }
        let inbox = StreamInbox()
        let channel = try await connection.openChannel()
        do {
            try await channel.setPrefetch(prefetch)
            _ = try await channel.consume(
                queue: stream,
                arguments: ["x-stream-offset": span.start],
                onDeliveries: { inbox.put($0) },
                onCancelled: { inbox.end(StreamError(.consumerEnded, channel.endError?.description ?? "it is gone")) }
            )
            var end = StreamEnd(span, lastOffset: last.offset, writtenLater: writtenLater)
            while !end.isReached {
                guard let deliveries = try await inbox.take(within: patience) else {
                    end.fellSilent()
                    break
                }
                let callbacks = try reading.callbacks(in: deliveries, of: span, until: &end)
                if !callbacks.isEmpty { try await onCallbacks(callbacks) }
                if let last = deliveries.last { channel.acknowledge(last.deliveryTag, multiple: true) }
            }
            reading.isComplete = end.isReached
        } catch {
            await channel.close()
            throw error
        }
        await channel.close()
        return reading
    }
}

extension CallbackReader.Reading {
    /// The callbacks of some deliveries that are to be read.
    fileprivate mutating func callbacks(
        in deliveries: [AMQPDelivery],
        of span: CallbackSpan,
        until end: inout StreamEnd
    ) throws(StreamError) -> [CallbackMessage] {
        var callbacks: [CallbackMessage] = []
        callbacks.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            let mark = try StreamProbe.Mark(delivery)
            end.received(mark.offset, time: mark.time)
            guard let id = delivery.properties.messageID.flatMap({ EventID($0) }) else {
                unreadable += 1
                continue
            }
            guard span.contains(id, at: mark.offset) else { continue }
            callbacks.append(CallbackMessage(id: id, offset: mark.offset, delivery: delivery))
        }
        return callbacks
    }
}
