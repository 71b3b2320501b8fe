extension PostgresConnection {
    /// Subscribes to a channel. The stream ends with the connection; a stream that is not read keeps the newest
    /// 1,024 notifications.
    ///
    /// The session goes on listening after the stream is dropped, and a pool does not reuse it.
    ///
    /// - Throws: As ``query(_:timeout:)``.
    public func listen(_ channel: String) async throws(PostgresError) -> AsyncStream<PostgresNotification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PostgresNotification.self,
            bufferingPolicy: .bufferingNewest(1024)
        )
        // Before LISTEN, because a notification may come with its answer.
        let id = makeID()
        listeners[id] = Listener(channel: channel, continuation: continuation)
        hasListened = true
        continuation.onTermination = { [weak self] _ in
            guard let self else { return }
            Task { await self.removeListener(id) }
        }
        do {
            let sql = "LISTEN \(PostgresIdentifier(channel).quoted)"
            _ = try await run(
                [PostgresQuery(sql: sql, isPrepared: false)],
                timeout: configuration.statementTimeout
            )
        } catch {
            continuation.finish()
            throw error
        }
        return stream
    }

    private func removeListener(_ id: UInt64) {
        listeners[id] = nil
    }
}
