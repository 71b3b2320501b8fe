/// Why a replay cannot be done. Safe to log.
public struct EventReplayError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case noQueue = "there is no queue for the events"
            case alreadyRunning = "somebody is at this replay"
            case unknownReplay = "the audit trail knows no such replay"
            case auditorBehind = "no auditor has written what was before this replay"
            case noWorker = "no worker decides"
            case notRecorded = "the audit trail cannot be told of the replay"
        }

        private let base: Base

        /// The work queue is not there.
        public static let noQueue = Code(base: .noQueue)
        /// Another process has the reply queue of this replay.
        public static let alreadyRunning = Code(base: .alreadyRunning)
        /// Nothing is known of the replay that is to go on.
        public static let unknownReplay = Code(base: .unknownReplay)
        /// What was replayed before cannot be known until an auditor has written it.
        public static let auditorBehind = Code(base: .auditorBehind)
        /// Events are taken by nobody.
        public static let noWorker = Code(base: .noWorker)
        /// The broker did not keep a record.
        public static let notRecorded = Code(base: .notRecorded)

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
