extension PostgresError {
    /// What kind of thing went wrong. A struct, so that a new code is no breaking change.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case invalidURL, connectFailed, authenticationFailed, roleRefused, connectionLost, connectionClosed
            case timedOut, cancelled, server, encodingFailed, decodingFailed, protocolViolation
            case nestedTransaction, transactionRolledBack, poolClosed
        }

        private let base: Base

        private init(_ base: Base) {
            self.base = base
        }

        /// The name of the code.
        public var description: String { base.rawValue }

        /// The connection URL or string cannot be used.
        public static let invalidURL = Code(.invalidURL)
        /// No host could be reached, or none took the connection.
        public static let connectFailed = Code(.connectFailed)
        /// The server does not accept the user or the password (SQLSTATE class 28).
        public static let authenticationFailed = Code(.authenticationFailed)
        /// `SET ROLE` after connecting was refused: no such role, or the user is no member of it.
        public static let roleRefused = Code(.roleRefused)
        /// The connection broke. What was in flight may or may not have taken effect.
        public static let connectionLost = Code(.connectionLost)
        /// The connection was closed by this program before the call could be made.
        public static let connectionClosed = Code(.connectionClosed)
        /// The client's own deadline passed. If the call was in flight its effect is unknown.
        public static let timedOut = Code(.timedOut)
        /// The calling task was cancelled. If the call was in flight its effect is unknown.
        public static let cancelled = Code(.cancelled)
        /// The server answered with an error; see ``PostgresError/sqlState``.
        public static let server = Code(.server)
        /// A query cannot be sent, for example because a text has a NUL byte in it.
        public static let encodingFailed = Code(.encodingFailed)
        /// A result does not have the columns or the types that were asked for.
        public static let decodingFailed = Code(.decodingFailed)
        /// The conversation went another way than the protocol says. The connection is dropped.
        public static let protocolViolation = Code(.protocolViolation)
        /// `withTransaction` inside `withTransaction` on the same connection.
        public static let nestedTransaction = Code(.nestedTransaction)
        /// The body ended without an error, but a statement in it had failed, so nothing was committed.
        public static let transactionRolledBack = Code(.transactionRolledBack)
        /// The pool is closed or closing.
        public static let poolClosed = Code(.poolClosed)
    }
}
