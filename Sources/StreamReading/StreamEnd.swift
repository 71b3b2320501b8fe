internal import DecisionCore

/// Finds the end of what is to be read of a stream.
///
/// Gateways publish side by side, and once more after a lost connection, so a callback may stand behind one that came in
/// later; it does not come much later. A single callback from well behind a window is not its end: the clock of its
/// gateway may be wrong. It is the end where the broker has written it well behind the window, too.
struct StreamEnd: Sendable, Equatable {
    /// How much out of order callbacks may be, by the time in their ids, and the clocks of gateways and broker.
    static let disorder: Duration = .seconds(30)

    private let span: CallbackSpan
    private let lastOffset: Int64?
    private let writtenLater: Int64?
    private(set) var isReached: Bool
    private var hasReceived = false

    /// - Parameters:
    ///   - span: What is read.
    ///   - lastOffset: The offset of the last message when the read began; nil when the stream was empty.
    ///   - writtenLater: The offset of the first message that the broker has written ``disorder`` after the window or
    ///     later; nil when none is known.
    init(_ span: CallbackSpan, lastOffset: Int64?, writtenLater: Int64? = nil) {
        self.span = span
        self.lastOffset = lastOffset
        self.writtenLater = writtenLater
        isReached = lastOffset == nil
        if case .offsets(let offsets) = span, offsets.isEmpty { isReached = true }
    }

    /// A message was read.
    ///
    /// - Parameters:
    ///   - offset: Where it is.
    ///   - time: That of its event id; nil for a message that is none.
    mutating func received(_ offset: Int64, time: Timestamp?) {
        hasReceived = true
        switch span {
        case .window(let window):
            guard let writtenLater, offset >= writtenLater, let time else { break }
            if time >= window.to.advanced(by: Self.disorder) { isReached = true }
        case .offsets(let offsets):
            if offset >= offsets.upperBound - 1 { isReached = true }
        }
        if let lastOffset, offset >= lastOffset { isReached = true }
    }

    /// Nothing comes any more. That is an end when nothing ever came: then all of the stream is from before.
    mutating func fellSilent() {
        if !hasReceived { isReached = true }
    }
}
