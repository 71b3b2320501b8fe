/// Which of the journal's records are on their way to the broker, and what follows from what becomes of them.
///
/// A pure state machine. Batches are sent in order, several at a time, and settled in any order; the journal is told only
/// of what is confirmed without a gap before it:
///
///     (none) --sent--> on its way --settled, confirmed--> done, once all before it are
///                          '------settled, lost---------> sent again, and everything behind it too
///
/// After a loss nothing more is sent until everything on its way has come to its end and the reading has been set back to
/// the last record that the journal was told of. So the stream may have records twice, but leaves none out.
struct OutcomeShipment<Position: Sendable>: Sendable {
    private struct Batch {
        let number: Int
        let end: Position
        var isConfirmed = false
    }

    /// The most batches that may be on their way or wait for one before them.
    let window: Int

    private var batches: [Batch] = []
    private var nextNumber = 0
    private var openCount = 0
    private var hasLost = false

    init(window: Int) {
        self.window = window
    }

    /// Whether another batch may be read and sent.
    var maySend: Bool { !hasLost && batches.count < window }

    /// Whether reading has to be set back to what is confirmed before anything is sent: ``rewound()``.
    var mustRewind: Bool { hasLost && openCount == 0 }

    /// A batch that was read is to be sent.
    ///
    /// - Parameter end: Where the journal has been read to with it.
    /// - Returns: Its number, never used again; nil when it must not be sent, because one before it has been lost since it
    ///   was read.
    mutating func send(upTo end: Position) -> Int? {
        guard !hasLost else { return nil }
        defer { nextNumber += 1 }
        batches.append(Batch(number: nextNumber, end: end))
        openCount += 1
        return nextNumber
    }

    /// The broker has decided about a batch, or the connection has ended before it did.
    ///
    /// - Returns: Up to where everything is with the broker now; nil when that has not moved.
    mutating func settled(_ number: Int, isConfirmed: Bool) -> Position? {
        guard let index = batches.firstIndex(where: { $0.number == number }) else { return nil }
        openCount -= 1
        if isConfirmed { batches[index].isConfirmed = true } else { hasLost = true }
        let confirmed = batches.prefix { $0.isConfirmed }
        defer { batches.removeFirst(confirmed.count) }
        return confirmed.last?.end
    }

    /// Reading has been set back to what is confirmed.
    mutating func rewound() {
        precondition(openCount == 0, "batches are on their way")
        batches.removeAll()
        hasLost = false
    }
}
