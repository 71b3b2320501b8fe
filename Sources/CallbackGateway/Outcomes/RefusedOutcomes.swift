internal import DecisionCore
internal import NIOCore

/// An outcome that a disk refused when its answer had left.
struct RefusedOutcome: Sendable, Equatable {
    let id: EventID
    /// What the answer rests on, as ``Outcome/Cause/name``.
    let cause: String
    let record: [UInt8]
}

/// Outcomes on their way from a disk that refused them to the broker, one message after the other.
///
/// A pure state machine: when there is nothing to take, nobody takes, and the next one that is appended needs somebody
/// again.
struct RefusedOutcomes: Sendable {
    /// The most of them in one message.
    static let maximumRecords = 256
    /// About how many bytes they have together; a single one may have more.
    static let maximumBytes = 262_144

    private var waiting = CircularBuffer<RefusedOutcome>()
    private var isBeingTaken = false

    /// - Returns: Whether somebody has to begin taking.
    mutating func append(_ outcome: RefusedOutcome) -> Bool {
        waiting.append(outcome)
        defer { isBeingTaken = true }
        return !isBeingTaken
    }

    /// Those of the next message; nil when none is left, and whoever takes has to end.
    mutating func take() -> [RefusedOutcome]? {
        var taken: [RefusedOutcome] = []
        var bytes = 0
        while let next = waiting.first, taken.count < Self.maximumRecords,
            taken.isEmpty || bytes + next.record.count <= Self.maximumBytes
        {
            taken.append(waiting.removeFirst())
            bytes += next.record.count
        }
        isBeingTaken = !taken.isEmpty
        return taken.isEmpty ? nil : taken
    }
}
