/// Why an auditor gave up a term of leadership. Safe to log.
public struct AuditorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case offsetMissing = "the message has no offset, so it is not from a stream"
            case offsetMoved = "somebody else has moved the place in the stream"
            case streamBegunAnew = "the stream is not the one that was read before"
            case consumerEnded = "the broker has ended the consumer"
            case letterNotKept = "the dead queue did not take a message"
        }

        private let base: Base

        /// The stream is no stream: somebody has declared a queue under its name.
        public static let offsetMissing = Code(base: .offsetMissing)
        /// The stream is to be read again, see ``ProjectionRebuild``; or another auditor writes too, although this one has
        /// the lock. That is so where a connection pooler between the auditors and the database hands sessions around;
        /// nothing was written twice.
        public static let offsetMoved = Code(base: .offsetMoved)
        /// The stream was deleted and declared anew since it was last read.
        public static let streamBegunAnew = Code(base: .streamBegunAnew)
        /// The stream is gone, or its channel or connection has ended.
        public static let consumerEnded = Code(base: .consumerEnded)
        /// A message that cannot be written could not be put into the dead queue.
        public static let letterNotKept = Code(base: .letterNotKept)

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
