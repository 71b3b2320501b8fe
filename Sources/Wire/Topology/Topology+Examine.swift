public import AMQP

extension Topology {
    /// What stands on a broker.
    public enum Examination: Sendable, Equatable {
        /// All of it, as it should be.
        case present(waitingCallbacks: Int, workers: Int)
        /// This is not there.
        case absent(String)
        /// This is there with other settings; the broker's text says which.
        case different(String, text: String)
    }

    /// Compares what stands on the broker with this, and changes nothing.
    ///
    /// - Throws: ``AMQPError`` when that cannot be found out.
    public func examine(on connection: AMQPConnection) async throws -> Examination {
        for exchange in exchanges {
            if let fault = try await check(
                exchange.name,
                on: connection,
                { channel, isPassive in
                    try await channel.declareExchange(exchange, passive: isPassive)
                }
            ) {
                return fault
            }
        }
        for queue in queues {
            if let fault = try await check(
                queue.name,
                on: connection,
                { channel, isPassive in
                    try await channel.declareQueue(queue, passive: isPassive)
                }
            ) {
                return fault
            }
        }
        let channel = try await connection.openChannel()
        let status = try await channel.declareQueue(AMQPQueue(name: decisionsQueue), passive: true)
        await channel.close()
        return .present(waitingCallbacks: status.messageCount, workers: status.consumerCount)
    }

    /// Looks whether something is there, and only then declares it, which compares its settings and makes nothing.
    /// A refusal costs the channel, so each has its own.
    private func check(
        _ name: String,
        on connection: AMQPConnection,
        _ declare: (AMQPChannel, _ isPassive: Bool) async throws -> Void
    ) async throws -> Examination? {
        let channel = try await connection.openChannel()
        do {
            try await declare(channel, true)
            try await declare(channel, false)
        } catch let error as AMQPError where error.code == .notFound {
            return .absent(name)
        } catch let error as AMQPError where error.code == .preconditionFailed {
            return .different(name, text: error.message)
        }
        await channel.close()
        return nil
    }
}
