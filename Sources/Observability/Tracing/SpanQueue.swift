internal import DequeModule
internal import NIOConcurrencyHelpers

/// Where ended spans wait to be sent. What there is no room for is dropped, and counted.
final class SpanQueue: Sendable {
    private struct State {
        var spans: Deque<RecordedSpan> = []
        var dropped = 0
    }

    private let capacity: Int
    private let state = NIOLockedValueBox(State())

    /// - Parameter capacity: The most spans that wait.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many were dropped so far.
    var droppedCount: Int { state.withLockedValue { $0.dropped } }

    /// Takes a span; never waits.
    func put(_ span: RecordedSpan) {
        state.withLockedValue { state in
            if state.spans.count < capacity { state.spans.append(span) } else { state.dropped += 1 }
        }
    }

    /// The spans that came first, no longer here.
    func take(_ count: Int) -> [RecordedSpan] {
        state.withLockedValue { state in
            let taken = Array(state.spans.prefix(count))
            state.spans.removeFirst(taken.count)
            return taken
        }
    }
}
