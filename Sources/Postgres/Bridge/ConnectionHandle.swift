internal import CLibPQ
internal import Logging

/// Owns a `PGconn` in non-blocking use.
///
/// libpq's threading contract: "no two threads attempt to manipulate the same PGconn object at the same time". The
/// handle is a stored property of an actor whose executor is one thread, and it cannot be copied out of it.
@safe struct ConnectionHandle: ~Copyable {
    /// Nil before `start` and after `finish`.
    private var connection: OpaquePointer?
    private let notices: NoticeSink

    /// What establishing a connection waits for.
    enum Progress {
        case waitToRead, waitToWrite, established, failed
    }

    /// How far sending got.
    enum Flush {
        case done, pending, failed
    }

    init(logger: Logger) {
        unsafe connection = nil
        notices = NoticeSink(logger: logger)
    }

    deinit {
        if let connection = unsafe connection { unsafe PQfinish(connection) }
    }

    /// Begins to connect. Resolving a host name blocks the thread.
    ///
    /// - Returns: False when it failed at once.
    mutating func start(_ parameters: [(String, String)]) -> Bool {
        finish()
        let storage = CStringArray(parameters.map(\.0))
        let values = CStringArray(parameters.map(\.1))
        let connection = unsafe storage.withPointers { keywords in
            unsafe values.withPointers { values in
                // 1: the first parameter, `dbname`, may be a whole connection string.
                unsafe PQconnectStartParams(keywords, values, 1)
            }
        }
        unsafe self.connection = unsafe connection
        guard let connection = unsafe connection else { return false }
        _ = unsafe PQsetNoticeReceiver(
            connection,
            NoticeSink.receiver,
            Unmanaged.passUnretained(notices).toOpaque()
        )
        // The only way to get the SQLSTATE of a refused connection: it is put into the message.
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        return !isBad
    }

    mutating func proceed() -> Progress {
        switch unsafe PQconnectPoll(connection) {
        case PGRES_POLLING_READING: .waitToRead
        case PGRES_POLLING_WRITING: .waitToWrite
        case PGRES_POLLING_OK: unsafe PQsetnonblocking(connection, 1) == 0 ? .established : .failed
        default: .failed
        }
    }

    /// Closes the connection, if it is open.
    mutating func finish() {
        if let connection = unsafe connection { unsafe PQfinish(connection) }
        unsafe connection = nil
    }

    /// Changes while libpq tries one host after another, so it has to be asked for before each wait.
    var socket: Int32? {
        let socket = unsafe PQsocket(connection)
        return socket >= 0 ? socket : nil
    }

    var isBad: Bool { unsafe PQstatus(connection) == CONNECTION_BAD }

    var errorMessage: String {
        guard let text = unsafe PQerrorMessage(connection) else { return "" }
        return unsafe String(cString: text)
    }

    /// The host that libpq tries or is connected to, and its port.
    var currentHost: (host: String, port: String) {
        func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
            unsafe pointer.map { unsafe String(cString: $0) } ?? ""
        }
        return unsafe (text(PQhost(connection)), text(PQport(connection)))
    }

    var lastFatalNotice: PostgresError? { notices.lastFatal }

    var serverVersion: Int { unsafe Int(PQserverVersion(connection)) }

    var backendProcessID: Int32 { unsafe PQbackendPID(connection) }

    func parameterStatus(_ name: String) -> String? {
        unsafe PQparameterStatus(connection, name).map { unsafe String(cString: $0) }
    }

    var transactionStatus: PostgresTransactionStatus {
        switch unsafe PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_INTRANS: .inTransaction
        case PQTRANS_INERROR: .failed
        case PQTRANS_ACTIVE: .active
        default: .unknown
        }
    }

    // MARK: Receiving

    /// Reads what the socket has. False when the connection is lost.
    mutating func consumeInput() -> Bool {
        unsafe PQconsumeInput(connection) == 1
    }

    /// Whether asking for the next result would block.
    var isBusy: Bool { unsafe PQisBusy(connection) == 1 }

    /// The next result; nil at the end of a statement's results.
    mutating func nextResult() -> ResultHandle? {
        guard let result = unsafe PQgetResult(connection) else { return nil }
        return unsafe ResultHandle(result)
    }

    mutating func nextNotification() -> PostgresNotification? {
        guard let notification = unsafe PQnotifies(connection) else { return nil }
        defer { unsafe PQfreemem(notification) }
        return unsafe PostgresNotification(
            channel: String(cString: notification.pointee.relname),
            payload: String(cString: notification.pointee.extra),
            processID: notification.pointee.be_pid
        )
    }

    // MARK: Sending

    mutating func flush() -> Flush {
        switch unsafe PQflush(connection) {
        case 0: .done
        case 1: .pending
        default: .failed
        }
    }

    mutating func enterPipelineMode() -> Bool { unsafe PQenterPipelineMode(connection) == 1 }

    mutating func exitPipelineMode() -> Bool { unsafe PQexitPipelineMode(connection) == 1 }

    mutating func sendSync() -> Bool { unsafe PQpipelineSync(connection) == 1 }

    mutating func sendPrepare(name: String, sql: String) -> Bool {
        unsafe PQsendPrepare(connection, name, sql, 0, nil) == 1
    }

    mutating func sendExecute(name: String, _ bindings: PostgresBindings) -> Bool {
        unsafe bindings.withPointers { values in
            unsafe PQsendQueryPrepared(connection, name, Int32(bindings.count), values, nil, nil, 0) == 1
        }
    }

    mutating func sendUnprepared(sql: String, _ bindings: PostgresBindings) -> Bool {
        unsafe bindings.withPointers { values in
            unsafe PQsendQueryParams(connection, sql, Int32(bindings.count), nil, values, nil, nil, 0) == 1
        }
    }

    mutating func sendSimple(_ sql: String) -> Bool {
        unsafe PQsendQuery(connection, sql) == 1
    }

    mutating func putCopyData(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                unsafe PQputCopyData(connection, characters.baseAddress, Int32(characters.count)) == 1
            }
        }
    }

    /// Ends COPY; with a reason the server discards what it got.
    mutating func putCopyEnd(failure reason: String?) -> Bool {
        unsafe PQputCopyEnd(connection, reason) == 1
    }
}
