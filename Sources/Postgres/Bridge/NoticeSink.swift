internal import CLibPQ
internal import Logging

/// Where libpq sends notices, which it would print to standard error otherwise.
///
/// Only called while libpq is, so only on the connection's thread.
final class NoticeSink {
    private let logger: Logger
    /// The last fatal message outside of a statement, for example why the server ends the session.
    private(set) var lastFatal: PostgresError?

    init(logger: Logger) {
        self.logger = logger
    }

    /// The C callback; `context` is an unretained sink, kept by the ``ConnectionHandle``.
    static let receiver: PQnoticeReceiver = { context, result in
        guard let context = unsafe context, let result = unsafe result else { return }
        unsafe Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue().receive(result)
    }

    private func receive(_ result: OpaquePointer) {
        func field(_ code: Int32) -> String? {
            unsafe PQresultErrorField(result, code).map { unsafe String(cString: $0) }
        }
        let severity = field(clibpq_diag_severity) ?? ""
        let state = field(clibpq_diag_sqlstate)
        let message = field(clibpq_diag_message_primary) ?? ""
        if severity == "FATAL" || severity == "PANIC" {
            lastFatal = PostgresError(
                .connectionLost,
                sqlState: state.map(SQLState.init(rawValue:)),
                message: message
            )
        }
        logger.debug(
            "PostgreSQL notice",
            metadata: ["severity": "\(severity)", "sqlstate": "\(state ?? "")", "message": "\(message)"]
        )
    }
}
