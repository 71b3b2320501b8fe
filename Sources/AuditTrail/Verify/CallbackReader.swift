internal import AMQP
internal import DecisionCore
internal import Wire

/// Reads the callbacks of a window from their stream.
struct CallbackReader {
    /// What was read.
    struct Reading: Sendable {
        /// The callbacks of the window, in order.
        var callbacks = CallbackList()
        /// The messages whose id is none of an event.
        var unreadable = 0
        /// Where the stream begins, when that is within the window: what was before is not there any more.
        var begins: Timestamp?
        /// Whether the stream was read to its end, or to the end of the window.
        var isComplete = true
    }

    let connection: AMQPConnection
    let stream: String
    let patience: Duration

    /// Reads.
    ///
    /// - Throws: ``AMQPError`` and ``AuditorError`` when the stream cannot be read.
    func read(_ window: AuditWindow) async throws -> Reading {
        let probe = StreamProbe(connection: connection, stream: stream, patience: patience)
        guard let last = try await probe.last() else { return Reading() }
        var reading = Reading()
        if let first = try await probe.first(), first.offset > 0, let time = first.time, time > window.from {
            reading.begins = time
        }
        try await read(window, until: last, into: &reading)
        reading.callbacks.sort()
        return reading
    }

    private func read(_ window: AuditWindow, until last: StreamProbe.Mark, into reading: inout Reading) async throws {
        let inbox = StreamInbox()
        let channel = try await connection.openChannel()
        try await channel.setPrefetch(2_000)
        // The broker goes by the time at which it wrote a message, on its own clock.
        let start = window.from.advanced(by: .zero - StreamEnd.disorder).millisecondsSinceEpoch / 1_000
        _ = try await channel.consume(
            queue: stream,
            arguments: ["x-stream-offset": .timestamp(Int(max(0, start)))],
            onDeliveries: { inbox.put($0) },
            onCancelled: { inbox.end(AuditorError(.consumerEnded, channel.endError?.description ?? "it is gone")) }
        )
        var end = StreamEnd(window, lastOffset: last.offset)
        while !end.isReached {
            guard let deliveries = try await inbox.take(within: patience) else {
                end.fellSilent()
                break
            }
            for delivery in deliveries {
                let mark = try StreamProbe.Mark(delivery)
                end.received(mark.offset, time: mark.time)
                reading.add(delivery, window)
            }
            if let last = deliveries.last { channel.acknowledge(last.deliveryTag, multiple: true) }
        }
        reading.isComplete = end.isReached
        await channel.close()
    }
}

extension CallbackReader.Reading {
    fileprivate mutating func add(_ delivery: AMQPDelivery, _ window: AuditWindow) {
        let properties = delivery.properties
        guard let id = properties.messageID.flatMap({ EventID($0) }) else {
            unreadable += 1
            return
        }
        guard window.contains(id) else { return }
        let run = properties.headers[EventRequest.runHeader]?.stringValue.flatMap { EventID($0) }
        callbacks.append(id, run: run.map { GatewayRun(gateway: properties.appID ?? "", id: $0) })
    }
}
