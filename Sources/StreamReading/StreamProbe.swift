public import AMQP
public import DecisionCore

/// Looks at one end of a stream.
public struct StreamProbe: Sendable {
    /// A message, as far as it says where a stream begins or ends.
    public struct Mark: Sendable, Equatable {
        /// Where it is.
        public var offset: Int64
        /// The time of its event id; nil for one that has none.
        public var time: Timestamp?
    }

    private let connection: AMQPConnection
    private let stream: String
    private let patience: Duration

    /// - Parameters:
    ///   - connection: To the broker.
    ///   - stream: The name of the stream.
    ///   - patience: How long nothing may come before there is nothing. The broker does not tell an empty stream from a
    ///     slow one.
    public init(connection: AMQPConnection, stream: String, patience: Duration) {
        self.connection = connection
        self.stream = stream
        self.patience = patience
    }

    /// The first message that there is; nil for an empty stream.
    ///
    /// - Throws: ``AMQPError`` and ``StreamError``.
    public func first() async throws -> Mark? {
        try await first(from: .string("first"), within: patience)
    }

    /// The first message of those that the broker wrote at this time or later; nil when none comes within half a second,
    /// which on a slow broker is no proof that there is none.
    ///
    /// The broker finds messages by the second, and by whole chunks of them.
    ///
    /// - Throws: ``AMQPError`` and ``StreamError``.
    public func first(writtenFrom time: Timestamp) async throws -> Mark? {
        // Rounded up, so that what was written before it is none of it.
        let second = time.advanced(by: .milliseconds(999)).wholeSeconds
        return try await first(from: .timestamp(second), within: min(patience, .milliseconds(500)))
    }

    /// The last message that there is; nil for an empty stream.
    ///
    /// The broker hands out the last chunk that was written, in one go; its end is where nothing more follows.
    ///
    /// - Throws: ``AMQPError`` and ``StreamError``.
    public func last() async throws -> Mark? {
        // Under load there is always one that follows: it was not there when this was asked for.
        let deadline = ContinuousClock.now + .seconds(2)
        return try await reading(from: .string("last"), prefetch: 10_000) { inbox, channel in
            var mark: Mark?
            var wait = patience
            while let deliveries = try await inbox.take(within: wait) {
                guard let last = deliveries.last else { continue }
                mark = try Mark(last)
                guard ContinuousClock.now < deadline else { break }
                channel.acknowledge(last.deliveryTag, multiple: true)
                wait = .milliseconds(500)
            }
            return mark
        }
    }

    private func first(from offset: AMQPValue, within wait: Duration) async throws -> Mark? {
        try await reading(from: offset, prefetch: 1) { inbox, _ in
            // A whole chunk may come, whatever the prefetch.
            try await inbox.take(within: wait)?.first.map { try Mark($0) }
        }
    }

    private func reading(
        from offset: AMQPValue,
        prefetch: UInt16,
        _ body: (StreamInbox, AMQPChannel) async throws -> Mark?
    ) async throws -> Mark? {
        let inbox = StreamInbox()
        let channel = try await connection.openChannel()
        try await channel.setPrefetch(prefetch)
        _ = try await channel.consume(
            queue: stream,
            arguments: ["x-stream-offset": offset],
            onDeliveries: { inbox.put($0) },
            onCancelled: { inbox.end(StreamError(.consumerEnded, channel.endError?.description ?? "it is gone")) }
        )
        let mark = try await body(inbox, channel)
        await channel.close()
        return mark
    }
}

extension StreamProbe.Mark {
    /// - Throws: ``StreamError`` when it is not from a stream.
    init(_ delivery: AMQPDelivery) throws(StreamError) {
        guard let offset = delivery.properties.headers["x-stream-offset"]?.integerValue else {
            throw StreamError(.offsetMissing, "message \(delivery.deliveryTag)")
        }
        self.init(
            offset: Int64(offset),
            time: delivery.properties.messageID.flatMap { EventID($0) }?.timestamp
        )
    }
}

extension StreamInbox {
    /// As ``take()``, but ends when nothing comes for this long.
    func take(within patience: Duration) async throws -> [AMQPDelivery]? {
        let alarm = Task {
            try await Task.sleep(for: patience)
            self.end()
        }
        defer { alarm.cancel() }
        return try await take()
    }
}
