internal import CLibRabbitMQ

/// What librabbitmq reports, before it is known what it means for a channel or a connection.
enum HandleError: Error, Equatable {
    /// The broker closed the channel, and waits for our answer.
    case channelClosed(CloseReason)
    /// The broker closed the connection, and waits for our answer.
    case connectionClosed(CloseReason)
    /// The library gave up with a status of `amqp_status_enum`.
    case library(status: Int32)
    /// The peer sent something that the library let through and that makes no sense.
    case violation(String)
}

/// Why a broker closes a channel or a connection.
struct CloseReason: Sendable, Equatable {
    let replyCode: UInt16
    let text: String
}

extension HandleError {
    /// The error for callers, where the broker's reply code does not say more than `otherwise`.
    func error(otherwise: AMQPError.Code) -> AMQPError {
        switch self {
        case .channelClosed(let reason), .connectionClosed(let reason):
            AMQPError(
                code: .of(replyCode: reason.replyCode, otherwise: otherwise),
                replyCode: reason.replyCode,
                message: reason.text
            )
        case .library(let status):
            AMQPError(code: Self.code(status: status, otherwise: otherwise), message: Self.text(status: status))
        case .violation(let message):
            .protocolViolation(message)
        }
    }

    /// Whether only the call failed: nothing was written, and the connection is as it was.
    var leavesConnectionIntact: Bool {
        self == .library(status: AMQP_STATUS_TABLE_TOO_BIG.rawValue)
    }

    private static func code(status: Int32, otherwise: AMQPError.Code) -> AMQPError.Code {
        switch status {
        case AMQP_STATUS_TIMEOUT.rawValue, AMQP_STATUS_HEARTBEAT_TIMEOUT.rawValue:
            .timedOut
        case AMQP_STATUS_BAD_AMQP_DATA.rawValue, AMQP_STATUS_UNKNOWN_CLASS.rawValue,
            AMQP_STATUS_UNKNOWN_METHOD.rawValue, AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION.rawValue,
            AMQP_STATUS_WRONG_METHOD.rawValue, AMQP_STATUS_UNEXPECTED_STATE.rawValue:
            .protocolViolation
        case AMQP_STATUS_SSL_ERROR.rawValue, AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue,
            AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue, AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue:
            .tlsFailed
        case AMQP_STATUS_NO_MEMORY.rawValue, AMQP_STATUS_TIMER_FAILURE.rawValue:
            .systemFailure
        case AMQP_STATUS_TABLE_TOO_BIG.rawValue, AMQP_STATUS_INVALID_PARAMETER.rawValue:
            .invalidArgument
        case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED.rawValue:
            .connectFailed
        case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD.rawValue:
            .authenticationFailed
        default:
            otherwise
        }
    }

    private static func text(status: Int32) -> String {
        unsafe amqp_error_string2(status).map { unsafe String(cString: $0) } ?? "status \(status)"
    }
}
