public import AMQP

extension Topology {
    /// Declares everything that is shared, and makes sure that the streams are up.
    ///
    /// For about a second after a restart of the broker its streams are down while its queues are up, and a message
    /// that is published then is confirmed although the stream does not get it. Looking for a stream fails for as long
    /// as it is down, so nothing may be published before that succeeds.
    ///
    /// - Throws: ``AMQPError``, with code `preconditionFailed` when something is there with other settings.
    public func declare(on connection: AMQPConnection) async throws {
        let channel = try await connection.openChannel()
        for exchange in exchanges { try await channel.declareExchange(exchange) }
        for queue in queues {
            _ = try await channel.declareQueue(queue)
        }
        for queue in [decisionsQueue, callbacksStream] {
            try await channel.bind(queue: queue, exchange: exchange, routingKey: Self.onDemandKey)
        }
        for key in [Self.outcomeKey, Self.recordingKey, Self.ingestKey] {
            try await channel.bind(queue: outcomesStream, exchange: exchange, routingKey: key)
        }
        for stream in [callbacks, outcomes] {
            _ = try await channel.declareQueue(stream, passive: true)
        }
        await channel.close()
    }

    var exchanges: [AMQPExchange] {
        [
            AMQPExchange(name: exchange, kind: .direct, durable: true),
            AMQPExchange(name: lateExchange, kind: .fanout, durable: true),
        ]
    }

    var queues: [AMQPQueue] { [decisions, callbacks, outcomes, dead] }

    private var decisions: AMQPQueue {
        var arguments: AMQPTable = [
            "x-queue-type": .string(profile == .classic ? "classic" : "quorum"),
            "x-message-ttl": .int64(answerBudget.milliseconds),
            "x-max-length": .int64(Int64(maximumQueueLength)),
            "x-overflow": "reject-publish",
        ]
        // A message that has killed its worker this often is not tried again; it expires within seconds anyway.
        if profile == .replicated { arguments["x-delivery-limit"] = 5 }
        return AMQPQueue(name: decisionsQueue, durable: true, arguments: arguments)
    }

    private var callbacks: AMQPQueue {
        stream(callbacksStream, retentionDays: callbacksRetentionDays, maximumBytes: callbacksMaximumBytes)
    }

    private var outcomes: AMQPQueue {
        stream(outcomesStream, retentionDays: outcomesRetentionDays, maximumBytes: outcomesMaximumBytes)
    }

    private func stream(_ name: String, retentionDays: Int, maximumBytes: Int) -> AMQPQueue {
        AMQPQueue(
            name: name,
            durable: true,
            arguments: [
                "x-queue-type": "stream",
                "x-max-age": .string("\(retentionDays)D"),
                "x-max-length-bytes": .int64(Int64(maximumBytes)),
                "x-stream-max-segment-size-bytes": 100_000_000,
            ]
        )
    }

    private var dead: AMQPQueue {
        var arguments: AMQPTable = ["x-queue-type": .string(profile == .classic ? "classic" : "quorum")]
        // From version 4 on the broker's own limit is 20, and a letter that is looked at more often would be lost.
        if profile == .replicated { arguments["x-delivery-limit"] = 1_000_000 }
        return AMQPQueue(name: deadQueue, durable: true, arguments: arguments)
    }

    /// Removes everything that ``declare(on:)`` made, with all its messages.
    public func delete(on connection: AMQPConnection) async throws {
        let channel = try await connection.openChannel()
        for queue in [decisionsQueue, callbacksStream, outcomesStream, deadQueue] {
            _ = try await channel.deleteQueue(queue)
        }
        for exchange in exchanges { try await channel.deleteExchange(exchange.name) }
        await channel.close()
    }
}

extension Duration {
    /// Whole milliseconds, cut.
    package var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Whole microseconds, cut, as records of the audit trail have them: 0 to half an hour.
    package var microseconds: Int {
        let (seconds, attoseconds) = components
        return Int(min(max(0, seconds * 1_000_000 + attoseconds / 1_000_000_000_000), Int64(Int32.max)))
    }
}
