/// Why an operation failed, or why a channel or connection has ended.
///
/// Safe to log: it holds the broker's or the library's words, never a password or the body of a message.
public struct AMQPError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is.
    public var code: Code
    /// The broker's reply code (404, 406, ...) where the broker refused or closed something.
    public var replyCode: UInt16?
    /// The broker's text, the library's, or ours.
    public var message: String

    /// Makes an error.
    public init(code: Code, replyCode: UInt16? = nil, message: String) {
        self.code = code
        self.replyCode = replyCode
        self.message = message
    }

    /// Whether the same call may succeed later on a new connection or channel, with nothing changed but time.
    public var isRetriable: Bool { code.isRetriable }

    /// Code, reply code and message.
    public var description: String {
        if let replyCode { "\(code) (\(replyCode)): \(message)" } else { "\(code): \(message)" }
    }
}

extension AMQPError {
    static func invalidArgument(_ message: String) -> AMQPError {
        AMQPError(code: .invalidArgument, message: message)
    }

    static func protocolViolation(_ message: String) -> AMQPError {
        AMQPError(code: .protocolViolation, message: message)
    }

    static func blocked(_ reason: String) -> AMQPError {
        AMQPError(code: .blocked, message: "the broker accepts no messages: \(reason)")
    }
}
