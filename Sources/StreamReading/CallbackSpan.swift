internal import AMQP
internal import DecisionCore

/// Which part of the callbacks stream is read.
public enum CallbackSpan: Sendable, Hashable {
    /// The callbacks whose event ids were made in a span of time.
    case window(CallbackWindow)
    /// The messages from one offset until before another.
    case offsets(Range<Int64>)

    /// Where the broker is to begin: `x-stream-offset`.
    var start: AMQPValue {
        switch self {
        case .window(let window):
            // The broker goes by the time at which it wrote a message, on its own clock.
            return .timestamp(window.from.advanced(by: .zero - StreamEnd.disorder).wholeSeconds)
        case .offsets(let offsets): return .int64(offsets.lowerBound)
        }
    }

    /// What the broker wrote from then on is behind a window; nil for offsets.
    var endOfWriting: Timestamp? {
        switch self {
        case .window(let window): window.to.advanced(by: StreamEnd.disorder)
        case .offsets: nil
        }
    }

    /// Whether a callback is in it.
    ///
    /// - Parameters:
    ///   - id: Its event id.
    ///   - offset: Where it is in the stream.
    func contains(_ id: EventID, at offset: Int64) -> Bool {
        switch self {
        case .window(let window): window.contains(id)
        case .offsets(let offsets): offsets.contains(offset)
        }
    }

    /// Whether a stream that begins with this message no longer has the beginning of it.
    func begins(before first: StreamProbe.Mark) -> Bool {
        switch self {
        case .window(let window): first.offset > 0 && first.time.map { $0 > window.from } ?? false
        case .offsets(let offsets): first.offset > offsets.lowerBound
        }
    }
}

extension Timestamp {
    /// In seconds after the Unix epoch, as the broker takes it.
    var wholeSeconds: Int { Int(max(0, millisecondsSinceEpoch / 1_000)) }
}
