internal import DecisionCore
internal import NIOConcurrencyHelpers

/// Gives the callbacks of one gateway their ids, whatever kind they are of.
final class EventIDSource: Sendable {
    private struct State {
        var generator = EventIDGenerator()
        /// Here and not where it is used: a local value without a size has no address, and ThreadSanitizer follows it.
        var random = SystemRandomNumberGenerator()
    }

    private let state = NIOLockedValueBox(State())

    /// An id that no other callback has.
    ///
    /// - Parameter now: The civil clock.
    func next(now: Timestamp) -> EventID {
        state.withLockedValue { $0.generator.next(now: now, using: &$0.random) }
    }
}
