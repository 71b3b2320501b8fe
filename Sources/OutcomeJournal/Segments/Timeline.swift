internal import DequeModule

/// When records were written, to a tenth of a second, so that hours of records take little memory.
struct Timeline: Equatable, Sendable {
    private struct Mark: Equatable, Sendable {
        let sequence: UInt64
        let time: Int64
    }

    private static let spacing: Int64 = 100
    private var marks: Deque<Mark> = []

    /// When the oldest record that is not forgotten was written, or up to 100 ms before.
    var oldest: Int64? { marks.first?.time }

    /// Records from this one on were written at this time, in milliseconds.
    mutating func note(_ sequence: UInt64, time: Int64) {
        // A clock that was set back begins a mark too: the next records are not of the old mark's time.
        if let last = marks.last, (0..<Self.spacing).contains(time - last.time) { return }
        marks.append(Mark(sequence: sequence, time: time))
    }

    /// Records before this one do not matter any more; `next` is the number of the first that does not exist yet.
    mutating func forget(before sequence: UInt64, next: UInt64) {
        if sequence >= next { return marks.removeAll() }
        while marks.count > 1, marks[1].sequence <= sequence { marks.removeFirst() }
    }

    /// Goes on with the records of another timeline.
    mutating func append(_ later: Timeline) {
        marks.append(contentsOf: later.marks)
    }
}
