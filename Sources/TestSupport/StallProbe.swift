import NIOConcurrencyHelpers

/// How late this machine wakes a task at worst: what it holds up itself is no delay of what is tested.
public final class StallProbe: Sendable {
    private let seen: NIOLockedValueBox<Duration>
    private let watch: Task<Void, Never>

    private static let interval = Duration.milliseconds(5)

    /// Begins to look.
    public init() {
        let seen = NIOLockedValueBox(Duration.zero)
        self.seen = seen
        watch = Task {
            while !Task.isCancelled {
                let due = ContinuousClock.now + Self.interval
                try? await ContinuousClock().sleep(until: due, tolerance: .zero)
                let late = due.duration(to: .now)
                seen.withLockedValue { $0 = max($0, late) }
            }
        }
    }

    deinit {
        watch.cancel()
    }

    /// The worst so far.
    public var worst: Duration { seen.withLockedValue { $0 } }
}
