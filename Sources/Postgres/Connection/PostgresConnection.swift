internal import EventThread
public import Logging
internal import NIOConcurrencyHelpers

/// One session with a PostgreSQL server.
///
/// Calls may come from any number of tasks. They are served one at a time, first come first served: statements of
/// different calls never mix. ``withTransaction(isolation:accessMode:timeout:_:)`` keeps all others out until it ends.
///
/// The connection has a thread of its own, where libpq is used and only there; no call blocks another thread.
///
/// **Timeouts.** A call's `timeout` covers the wait for its turn and the statement. The server gets what is left of it
/// as `statement_timeout`, rounded up to 100 ms, so a slow statement ends with SQLSTATE 57014 and the connection stays
/// good. When the server does not answer even then, the client gives up ``PostgresConfiguration/timeoutGrace`` after
/// the timeout: nobody knows what the session is doing, so the connection is dropped and calls that wait for it fail
/// with ``PostgresError/Code/connectionLost``.
///
/// **Cancellation.** A call that waits for its turn is withdrawn. A call in flight returns at once and its result is
/// dropped when it comes; the statement still runs to its end or its timeout, whose effect stays, and the next call
/// waits for that. The connection stays good.
public actor PostgresConnection {
    enum Lifecycle {
        case connecting(ConnectAttempt)
        case ready
        case closed(PostgresError)
    }

    typealias Reply = Result<[ResultHandle], PostgresError>

    struct Waiter {
        let request: Request
        let continuation: CheckedContinuation<Reply, Never>
    }

    private let thread: EventThread
    /// What a task prefers that talks with the connection a lot: it then does so without a switch of threads.
    ///
    /// What such a task does besides keeps the connection from answering anybody, so that should be little.
    public nonisolated let taskExecutor: any TaskExecutor
    /// Kept here, because the thread keeps it weakly.
    private var source: ConnectionSource?
    let configuration: PostgresConfiguration
    nonisolated let logger: Logger
    var handle: ConnectionHandle
    var lifecycle: Lifecycle
    var turns = TurnQueue()
    var statements: StatementCache
    /// Calls that were not answered yet, with or without their turn.
    var waiters: [UInt64: Waiter] = [:]
    var exchange: Exchange?
    /// What `statement_timeout` is on the server; nil when a rollback or the caller may have changed it.
    var appliedTimeout: Int64?
    /// Something was handed to libpq in this turn of the thread.
    var hasJustSent = false
    var needsFlush = false
    var listeners: [UInt64: Listener] = [:]
    /// LISTEN was run in this session.
    var hasListened = false
    var lastID: UInt64 = 0
    let usable = NIOLockedValueBox(false)
    /// Requests whose task was cancelled, for the thread to look at.
    let cancellations = NIOLockedValueBox<[UInt64]>([])

    /// The connection's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    private init(configuration: PostgresConfiguration, logger: Logger) throws(PostgresError) {
        do {
            thread = try EventThread(name: "postgres")
        } catch {
            throw PostgresError(.connectFailed, message: "no thread for the connection: \(error)")
        }
        taskExecutor = thread.makeTaskExecutor()
        self.configuration = configuration
        self.logger = logger
        handle = ConnectionHandle(logger: logger)
        lifecycle = .closed(PostgresError(.connectionClosed, message: "not connected yet"))
        statements = StatementCache(limit: configuration.preparedStatementLimit)
    }

    /// Connects, sets the session up and takes the configured role.
    ///
    /// The session is in UTF-8 and UTC with ISO dates, so that results read the same everywhere.
    ///
    /// - Throws: ``PostgresError/Code/connectFailed``, ``PostgresError/Code/authenticationFailed``,
    ///   ``PostgresError/Code/roleRefused`` or ``PostgresError/Code/cancelled``; while the session is set up also what
    ///   ``query(_:timeout:)`` throws.
    public static func connect(
        _ configuration: PostgresConfiguration,
        logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        let connection = try PostgresConnection(configuration: configuration, logger: logger)
        do {
            try await connection.establish()
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// Whether calls can succeed: false once the connection is lost or closed. It is noticed while idle too.
    public nonisolated var isUsable: Bool { usable.withLockedValue { $0 } }

    /// The server's version as `major * 10000 + minor`; 0 when closed.
    public var serverVersion: Int { handle.serverVersion }

    /// The server process of this session, as in `pg_stat_activity`; 0 when closed.
    public var backendProcessID: Int32 { handle.backendProcessID }

    /// A setting that the server reports, for example `server_encoding` or `in_hot_standby`.
    public func parameterStatus(_ name: String) -> String? {
        handle.parameterStatus(name)
    }

    /// Whether a transaction block is open, failed or not.
    public var inTransaction: Bool {
        switch handle.transactionStatus {
        case .inTransaction, .failed: true
        case .idle, .active, .unknown: false
        }
    }

    /// Whether the session can be given to somebody else: nothing runs, no transaction is open, nobody listens.
    var isClean: Bool {
        exchange == nil && handle.transactionStatus == .idle && turns.transaction == nil && !hasListened
    }

    /// Closes the connection. Calls that were not answered fail with ``PostgresError/Code/connectionClosed``.
    public func close() {
        fail(PostgresError(.connectionClosed, message: "the connection was closed"))
    }

    func makeID() -> UInt64 {
        lastID += 1
        return lastID
    }

    func attachToThread() {
        let source = ConnectionSource(self)
        self.source = source
        thread.attach(source)
    }

    nonisolated func cancel(_ id: UInt64) {
        cancellations.withLockedValue { $0.append(id) }
        thread.wake()
    }
}
