public import Logging
internal import NIOConcurrencyHelpers

/// Keeps a connection up.
///
/// ``run()`` connects, runs `onConnected` (which declares the topology, opens publishers, starts consumers), waits until
/// the connection ends, and begins again after a pause that grows from 100 ms to 5 s while it does not work. Endpoints
/// are tried in turn, from a random one on, so that many clients spread over the nodes of a cluster.
public final class AMQPClient: Sendable {
    /// What a client is doing.
    public enum State: Sendable, Equatable {
        /// There is no connection that is ready for use: one is being made, or the client waits before the next try.
        case connecting
        /// `onConnected` is through.
        case connected
        /// Connected, but the broker is short of memory or disk and reads nothing.
        case blocked(reason: String)
        /// ``run()`` has ended, or was told to.
        case stopped
    }

    private struct Shared {
        var connection: AMQPConnection?
        var isReady = false
        var isStopped = false
    }

    /// How an attempt or a connection ended.
    private struct End {
        let message: Logger.Message
        let error: any Error

        init(_ message: Logger.Message, _ error: any Error) {
            self.message = message
            self.error = error
        }
    }

    private let configuration: AMQPConfiguration
    private let logger: Logger
    private let onConnected: @Sendable (AMQPConnection) async throws -> Void
    private let onDisconnected: @Sendable (AMQPError) -> Void
    private let shared = NIOLockedValueBox(Shared())
    private let shutdownSignal = AsyncStream<Never>.makeStream()

    /// Makes a client; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - onConnected: Makes a new connection ready. When it throws, the connection is closed and the next attempt
    ///     follows. It is cancelled with ``run()``.
    ///   - onDisconnected: Called after each connection that was ready has ended, with the reason.
    public init(
        configuration: AMQPConfiguration,
        logger: Logger,
        onConnected: @escaping @Sendable (AMQPConnection) async throws -> Void,
        onDisconnected: @escaping @Sendable (AMQPError) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onConnected = onConnected
        self.onDisconnected = onDisconnected
    }

    /// What the client is doing.
    public var state: State {
        let shared = shared.withLockedValue { $0 }
        if shared.isStopped { return .stopped }
        guard shared.isReady, let connection = shared.connection, connection.endError == nil else {
            return .connecting
        }
        if let reason = connection.blockedReason { return .blocked(reason: reason) }
        return .connected
    }

    /// Makes ``run()`` close the connection in an orderly way, after all that is queued on it, and return.
    public func shutdown() {
        shared.withLockedValue { $0.isStopped = true }
        shutdownSignal.continuation.finish()
    }

    /// Keeps the connection up until the task is cancelled or ``shutdown()`` is called. Call it once.
    public func run() async {
        if state == .stopped { return }
        await withTaskGroup { group in
            group.addTask { await self.keepConnected() }
            // Ends with the signal, or when the task is cancelled.
            group.addTask { for await _ in self.shutdownSignal.stream {} }
            await group.next()
            group.cancelAll()
        }
        shared.withLockedValue { $0.isStopped = true }
    }

    private func keepConnected() async {
        var backoff = Backoff()
        var attempt = Int.random(in: 0..<max(1, configuration.endpoints.count))
        while !Task.isCancelled {
            let end = await connectOnce(attempt: attempt, &backoff)
            if Task.isCancelled { return }
            attempt += 1
            let pause = backoff.failed(random: .random(in: 0...1))
            logger.warning(
                end.message,
                metadata: [
                    "error": "\(end.error)", "broker": "\(configuration.redactedDescription)", "retry_in": "\(pause)",
                ]
            )
            // Cancellation is seen by the loop.
            try? await Task.sleep(for: pause)
        }
    }

    /// One connection, from the attempt to its end, and why it ended.
    private func connectOnce(attempt: Int, _ backoff: inout Backoff) async -> End {
        let connection: AMQPConnection
        do {
            let endpoints = configuration.endpoints
            let endpoint = endpoints.isEmpty ? nil : endpoints[attempt % endpoints.count]
            connection = try await AMQPConnection.connect(configuration, endpoint: endpoint, logger: logger)
        } catch {
            return End("Not connected to the broker", error)
        }
        return await withTaskCancellationHandler {
            await use(connection, &backoff)
        } onCancel: {
            connection.requestClose()
        }
    }

    private func use(_ connection: AMQPConnection, _ backoff: inout Backoff) async -> End {
        let start = ContinuousClock.now
        do {
            try await onConnected(connection)
        } catch {
            await connection.close()
            // The fault may lie elsewhere: a user of the connection may need a database as well.
            return End("Connected to the broker, but could not begin", error)
        }
        shared.withLockedValue {
            $0.connection = connection
            $0.isReady = true
        }
        logger.debug("Connected to the broker", metadata: ["endpoint": "\(connection.endpoint)"])
        let error = await connection.closed()
        shared.withLockedValue { $0 = Shared(isStopped: $0.isStopped) }
        // A broker that accepts and soon closes must not be asked ten times a second.
        if start.duration(to: .now) > .seconds(5) { backoff.succeeded() }
        onDisconnected(error)
        return End("Not connected to the broker", error)
    }
}
