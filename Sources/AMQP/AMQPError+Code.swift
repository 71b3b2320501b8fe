extension AMQPError {
    /// The kinds of failure.
    ///
    /// A struct, so that a new kind breaks no `switch`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidURL, invalidArgument
            case connectFailed, tlsFailed, authenticationFailed
            case connectionClosed, channelClosed, notConnected, timedOut, blocked
            case accessRefused, notFound, resourceLocked, preconditionFailed, notAllowed, brokerFailure
            case protocolViolation, systemFailure
        }

        private let kind: Kind

        private init(_ kind: Kind) { self.kind = kind }

        /// The name of the constant.
        public var description: String { kind.rawValue }

        /// A broker URL could not be understood.
        public static let invalidURL = Code(.invalidURL)
        /// A value cannot be sent: too long, out of range, or used twice.
        public static let invalidArgument = Code(.invalidArgument)
        /// No TCP connection: refused, unreachable, or a name without an address.
        public static let connectFailed = Code(.connectFailed)
        /// No TLS session: certificate, name or version did not match.
        public static let tlsFailed = Code(.tlsFailed)
        /// The broker did not accept user and password.
        public static let authenticationFailed = Code(.authenticationFailed)
        /// The connection has ended: closed by either side, or the socket failed.
        public static let connectionClosed = Code(.connectionClosed)
        /// The channel has ended, without a more precise reason.
        public static let channelClosed = Code(.channelClosed)
        /// The operation came after the end of its connection.
        public static let notConnected = Code(.notConnected)
        /// The broker did not answer in time, or sent no heartbeat.
        public static let timedOut = Code(.timedOut)
        /// The broker is short of memory or disk and reads nothing from this connection.
        public static let blocked = Code(.blocked)
        /// 403: the user lacks the permission, or the queue has an exclusive consumer.
        public static let accessRefused = Code(.accessRefused)
        /// 404: no such exchange, queue or virtual host.
        public static let notFound = Code(.notFound)
        /// 405: the queue belongs to another connection.
        public static let resourceLocked = Code(.resourceLocked)
        /// 406: exists with other properties, or an unknown delivery tag was acknowledged.
        public static let preconditionFailed = Code(.preconditionFailed)
        /// 530: the broker does not allow it, for example a virtual host that does not exist.
        public static let notAllowed = Code(.notAllowed)
        /// 320, 506, 541: the broker was told to close, or has a problem of its own.
        public static let brokerFailure = Code(.brokerFailure)
        /// A peer sent what the protocol does not allow.
        public static let protocolViolation = Code(.protocolViolation)
        /// This process is out of memory, threads or descriptors.
        public static let systemFailure = Code(.systemFailure)

        var isRetriable: Bool {
            switch kind {
            case .connectFailed, .connectionClosed, .channelClosed, .notConnected, .timedOut, .blocked,
                .resourceLocked, .brokerFailure, .systemFailure:
                true
            case .invalidURL, .invalidArgument, .tlsFailed, .authenticationFailed, .accessRefused, .notFound,
                .preconditionFailed, .notAllowed, .protocolViolation:
                false
            }
        }

        /// The kind that a broker's reply code stands for, when it closes a channel or connection with it.
        static func of(replyCode: UInt16, otherwise: Code) -> Code {
            switch replyCode {
            case 402, 404: .notFound
            case 403: .accessRefused
            case 405: .resourceLocked
            case 406: .preconditionFailed
            case 311: .invalidArgument
            case 320, 506, 541: .brokerFailure
            case 501...505: .protocolViolation
            case 530, 540: .notAllowed
            default: otherwise
            }
        }
    }
}
