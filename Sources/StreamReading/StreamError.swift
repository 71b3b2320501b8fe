/// Why a stream cannot be read. Safe to log.
public struct StreamError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case offsetMissing = "the message has no offset, so it is not from a stream"
            case consumerEnded = "the broker has ended the consumer"
        }

        private let base: Base

        /// The stream is no stream: somebody has declared a queue under its name.
        public static let offsetMissing = Code(base: .offsetMissing)
        /// The stream is gone, or its channel or connection has ended.
        public static let consumerEnded = Code(base: .consumerEnded)

        /// The fault in words.
        public var description: String { base.rawValue }
    }

    /// What kind of failure it is.
    public var code: Code
    /// The names and numbers that belong to it.
    public var detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// The failure in words.
    public var description: String { "\(code): \(detail)" }
}
