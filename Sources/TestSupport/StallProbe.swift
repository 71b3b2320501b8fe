import Foundation
import NIOConcurrencyHelpers

/// Knows when this machine did not let a thread run that was due: what it holds up itself is no delay of what is tested.
///
/// It has a thread of its own, so that what holds up the tasks of this process is none of it.
public final class StallProbe: Sendable {
    private struct State {
        var stalls: [Range<ContinuousClock.Instant>] = []
        /// When the thread is to wake.
        var due = ContinuousClock.now
        var isOver = false
    }

    private let state: NIOLockedValueBox<State>

    private static let interval = Duration.milliseconds(5)
    /// What is late by less is as usual.
    private static let usual = Duration.milliseconds(5)

    /// Begins to look.
    public init() {
        let state = NIOLockedValueBox(State())
        self.state = state
        Thread.detachNewThread {
            while !state.withLockedValue({ $0.isOver }) {
                let due = ContinuousClock.now + Self.interval
                state.withLockedValue { $0.due = due }
                Thread.sleep(forTimeInterval: 0.005)
                let stall = due..<max(due, .now)
                if Self.usual < stall.lowerBound.duration(to: stall.upperBound) {
                    state.withLockedValue { $0.stalls.append(stall) }
                }
            }
        }
    }

    deinit {
        state.withLockedValue { $0.isOver = true }
    }

    /// For how long the machine stood still between two moments.
    public func stalled(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Duration {
        let now = ContinuousClock.now
        var stalls = state.withLockedValue { state in
            // One may go on.
            state.due + Self.usual < now ? state.stalls + [state.due..<now] : state.stalls
        }
        stalls = stalls.filter { $0.overlaps(start..<max(start, end)) }
        return stalls.reduce(.zero) { $0 + max($1.lowerBound, start).duration(to: min($1.upperBound, end)) }
    }
}
