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
        // More may come than were asked for, when they are of one chunk.
        try await read("first", prefetch: 1, choose: \.first) { nil }
    }

    /// The last message that there is; nil for an empty stream.
    ///
    /// The broker hands out the last chunk that was written, in one go; its end is where nothing more follows.
    ///
    /// - Throws: ``AMQPError`` and ``StreamError``.
    public func last() async throws -> Mark? {
        let deadline = ContinuousClock.now + .seconds(2)
        // Under load there is always one that follows: it was not there when this was asked for.
        return try await read("last", prefetch: 10_000, choose: \.last) {
            ContinuousClock.now < deadline ? .milliseconds(500) : nil
        }
    }

    private func read(
        _ offset: String,
        prefetch: UInt16,
        choose: ([AMQPDelivery]) -> AMQPDelivery?,
        waitFor next: () -> Duration?
    ) async throws -> Mark? {
        let inbox = StreamInbox()
        let channel = try await connection.openChannel()
        try await channel.setPrefetch(prefetch)
        _ = try await channel.consume(
            queue: stream,
            arguments: ["x-stream-offset": .string(offset)],
            onDeliveries: { inbox.put($0) },
            onCancelled: { inbox.end(StreamError(.consumerEnded, channel.endError?.description ?? "it is gone")) }
        )
        var mark: Mark?
        var wait = patience
        while let deliveries = try await inbox.take(within: wait) {
            guard let chosen = choose(deliveries), let last = deliveries.last else { continue }
            mark = try Mark(chosen)
            guard let next = next() else { break }
            channel.acknowledge(last.deliveryTag, multiple: true)
            wait = next
        }
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
