/// How late this machine wakes a task at worst: what it holds up itself is no delay of what is tested.
public struct StallProbe: Sendable {
    private let watch: Task<Duration, Never>

    private static let interval = Duration.milliseconds(5)

    /// Begins to look.
    public init() {
        watch = Task {
            var worst = Duration.zero
            while !Task.isCancelled {
                let due = ContinuousClock.now + Self.interval
                try? await ContinuousClock().sleep(until: due, tolerance: .zero)
                worst = max(worst, due.duration(to: .now))
            }
            return worst
        }
    }

    /// Ends looking, and returns the worst that was seen.
    public func worst() async -> Duration {
        watch.cancel()
        return await watch.value
    }
}
