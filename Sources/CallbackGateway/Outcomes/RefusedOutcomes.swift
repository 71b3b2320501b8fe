internal import DecisionCore
internal import NIOCore

/// An outcome that a disk refused when its answer had left.
struct RefusedOutcome<Instant: Sendable>: Sendable {
    let id: EventID
    /// What the answer rests on, as ``Outcome/Cause/name``.
    let cause: String
    let record: [UInt8]
    /// When it is given up.
    let deadline: Instant
}

/// Outcomes on their way from a disk that refused them to the broker, one message after the other.
///
/// A pure state machine: it reads no clock and sends nothing. When there is nothing to take, nobody takes, and the next one
/// that is appended needs somebody again.
struct RefusedOutcomes<Instant: InstantProtocol>: Sendable where Instant: Sendable {
    typealias Element = RefusedOutcome<Instant>

    /// What follows from an append.
    enum Appended {
        /// It waits, and somebody takes already.
        case waits
        /// It waits, and somebody has to begin taking.
        case needsTaker
        /// Others have taken the room.
        case refused
    }

    /// What is to be done next.
    struct Batch {
        /// Those whose time is over.
        var over: [Element] = []
        /// Those of the next message.
        var message: [Element] = []
    }

    /// The most of them in one message.
    static var messageRecords: Int { 256 }
    /// About how many bytes a message has; a single record may have more.
    static var messageBytes: Int { 262_144 }

    /// The most bytes that may wait.
    let maximumBytes: Int

    private var waiting = CircularBuffer<Element>()
    private var bytes = 0
    private var isBeingTaken = false

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    mutating func append(_ outcome: Element) -> Appended {
        guard bytes + outcome.record.count <= maximumBytes else { return .refused }
        waiting.append(outcome)
        bytes += outcome.record.count
        defer { isBeingTaken = true }
        return isBeingTaken ? .waits : .needsTaker
    }

    /// What is to be done next; nil when nothing is left, and whoever takes has to end.
    mutating func take(now: Instant) -> Batch? {
        var batch = Batch()
        while let first = waiting.first, first.deadline <= now { batch.over.append(removeFirst()) }
        var messageBytes = 0
        while let first = waiting.first, batch.message.count < Self.messageRecords,
            batch.message.isEmpty || messageBytes + first.record.count <= Self.messageBytes
        {
            messageBytes += first.record.count
            batch.message.append(removeFirst())
        }
        isBeingTaken = !batch.over.isEmpty || !batch.message.isEmpty
        return isBeingTaken ? batch : nil
    }

    private mutating func removeFirst() -> Element {
        let first = waiting.removeFirst()
        bytes -= first.record.count
        return first
    }
}
