import PlatformSimulator

/// What callers have seen of a fault.
struct Outage: CustomStringConvertible {
    /// From the fault to the last callback that got a default; zero if none did.
    private(set) var duration = Duration.zero
    /// How many of the callbacks that came after the fault got a default.
    private(set) var defaults = 0
    /// How many came after the fault.
    private(set) var callbacks = 0
    /// The longest that an answer has taken.
    private(set) var slowest = Duration.zero

    /// - Parameter fault: When it began.
    init(_ traffics: [Traffic], since fault: ContinuousClock.Instant) {
        for (answer, end) in traffics.flatMap(\.timedAnswers) where end >= fault {
            callbacks += 1
            slowest = max(slowest, answer.elapsed)
            guard answer.verdict == .doNotRecord else { continue }
            defaults += 1
            duration = max(duration, fault.duration(to: end - answer.elapsed))
        }
    }

    var description: String {
        """
        the last default was given to a callback that came \(duration) after the fault; \(defaults) defaults of \
        \(callbacks) answers, the slowest after \(slowest)
        """
    }
}
