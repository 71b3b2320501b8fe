internal import DequeModule
internal import EventThread
public import Logging
internal import NIOConcurrencyHelpers

/// One physical connection to a broker. It does not come back by itself: ``AMQPClient`` does that.
///
/// The connection is an actor whose executor is a thread of its own, which waits for the socket and for work at the
/// same time. Channels' commands (``AMQPChannel/publish(_:)``, acknowledgements) go through a queue and are written
/// together; calls that wait for the broker's answer are jobs of the actor and hold up the thread for as long as the
/// answer takes, so they belong to the start and not to the hot path.
///
/// **Handlers.** Every closure given to a connection, channel, consumer or publisher runs on the connection's thread:
/// in order, never two at a time. It must not block, because nothing else of the connection happens meanwhile, not
/// even heartbeats. It may publish and acknowledge.
///
/// **Blocked.** A broker that is short of memory or disk stops reading from connections that publish. Then nothing
/// that is written arrives, acknowledgements included: use separate connections to publish and to consume.
///
/// Close a connection when it is no longer needed. One that is merely dropped is closed when its channels, consumers
/// and publishers are gone too.
public actor AMQPConnection {
    nonisolated let thread: EventThread
    nonisolated let commands: CommandQueue
    nonisolated let logger: Logger
    nonisolated let configuration: AMQPConfiguration
    private nonisolated let status = NIOLockedValueBox(ConnectionStatus())

    /// Where it is connected to.
    public nonisolated let endpoint: AMQPEndpoint

    var handle = ConnectionHandle()
    /// By channel number; the first is never used, because channel 0 is the connection's own.
    var channels: [ChannelState?] = [nil]
    var channelGeneration: UInt64 = 0
    /// Commands that were taken from the queue and wait for the socket to take more.
    var backlog = Deque<Command>()
    /// Whoever got something in this turn, in the order of the first thing.
    var batches: [any BatchSink] = []
    var blockedHandler: (@Sendable (_ reason: String?) -> Void)?
    /// The thread keeps it weakly.
    private var source: ConnectionSource?
    private var endWaiters: [CheckedContinuation<AMQPError, Never>] = []

    /// The connection's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    private init(
        configuration: AMQPConfiguration,
        endpoint: AMQPEndpoint,
        thread: EventThread,
        logger: Logger
    ) {
        self.configuration = configuration
        self.endpoint = endpoint
        self.thread = thread
        self.logger = logger
        commands = CommandQueue(thread: thread)
    }

    isolated deinit {
        end(AMQPError(code: .notConnected, message: "the connection was dropped"))
        // What was published since the last turn has no other turn: its publishers hear it now.
        writeCommands(mayBlock: true)
        flushBatches()
    }

    /// Connects and logs in.
    ///
    /// - Parameter endpoint: One of the configuration's endpoints; the first one by default.
    /// - Throws: ``AMQPError/Code/connectFailed``, ``AMQPError/Code/tlsFailed``, ``AMQPError/Code/timedOut``,
    ///   ``AMQPError/Code/authenticationFailed``, or the kind of the broker's reply code.
    public static func connect(
        _ configuration: AMQPConfiguration,
        endpoint: AMQPEndpoint? = nil,
        logger: Logger
    ) async throws(AMQPError) -> AMQPConnection {
        try configuration.validate()
        guard let endpoint = endpoint ?? configuration.endpoints.first else {
            throw .invalidArgument("the configuration has no endpoint")
        }
        let thread: EventThread
        do {
            thread = try EventThread(name: "amqp")
        } catch {
            throw AMQPError(code: .systemFailure, message: error.description)
        }
        let connection = AMQPConnection(
            configuration: configuration,
            endpoint: endpoint,
            thread: thread,
            logger: logger
        )
        try await connection.open()
        return connection
    }

    private func open() throws(AMQPError) {
        do {
            try handle.open(configuration, endpoint)
        } catch {
            end(error)
            throw error
        }
        let source = ConnectionSource(self)
        self.source = source
        thread.attach(source)
    }

    /// Whether the broker reads nothing from this connection because it is short of memory or disk.
    public nonisolated var isBlocked: Bool { blockedReason != nil }

    /// Why the broker reads nothing from this connection, in its words; nil while it does.
    public nonisolated var blockedReason: String? { status.withLockedValue { $0.blockedReason } }

    /// Why the connection has ended; nil while it has not.
    public nonisolated var endError: AMQPError? { status.withLockedValue { $0.endError } }

    /// Sets what is called with the reason when the broker blocks the connection, and with nil when it unblocks it.
    /// Called at once if it is blocked already.
    public nonisolated func setBlockedHandler(_ handler: @escaping @Sendable (_ reason: String?) -> Void) {
        commands.append(.setBlockedHandler(handler))
    }

    /// Waits until the connection has ended, and says why.
    ///
    /// Cancelling the task does not end the wait: close the connection to do that.
    public func closed() async -> AMQPError {
        if let endError { return endError }
        return await withCheckedContinuation { endWaiters.append($0) }
    }

    /// Closes the connection after everything that was queued before, without waiting for it.
    public nonisolated func requestClose() {
        commands.append(.close)
    }

    /// Writes what is queued, tells the broker, and closes the socket. Takes at most the RPC timeout; does nothing
    /// when the connection has ended already.
    public func close() {
        writeCommands(mayBlock: true)
        closeNow()
    }

    func closeNow() {
        guard endError == nil else { return }
        // A broker that does not read does not answer either.
        if !isBlocked {
            do {
                try handle.closeConnection()
            } catch {
                logger.debug(
                    "The connection was not closed in order",
                    metadata: ["error": "\(error.error(otherwise: .connectionClosed))"]
                )
            }
            handleQueuedFrames()
        }
        end(AMQPError(code: .connectionClosed, message: "closed by this side"))
    }

    func setBlocked(_ reason: String?) {
        status.withLockedValue { $0.blockedReason = reason }
        if let reason {
            for channel in channels {
                guard let publisher = channel?.publisher else { continue }
                publisher.blocked(reason: reason)
                noteBatch(of: publisher)
            }
        }
        flushBatches()
        blockedHandler?(reason)
    }

    /// The connection is over: everybody who waits for something hears it, and the socket is closed.
    func end(_ error: AMQPError) {
        guard endError == nil else { return }
        status.withLockedValue {
            $0.endError = error
            $0.blockedReason = nil
        }
        handle.destroy()
        flushBatches()
        for channel in channels {
            if let channel { fail(channel, error) }
        }
        channels = [nil]
        for waiter in endWaiters { waiter.resume(returning: error) }
        endWaiters = []
        blockedHandler = nil
    }
}
