internal import DecisionCore
internal import NIOConcurrencyHelpers

/// Gives the callbacks of one gateway their ids, whatever kind they are of.
final class EventIDSource: Sendable {
    private let generator = NIOLockedValueBox(EventIDGenerator())

    /// An id that no other callback has.
    ///
    /// - Parameter now: The civil clock.
    func next(now: Timestamp) -> EventID {
        generator.withLockedValue { generator in
            var random = SystemRandomNumberGenerator()
            return generator.next(now: now, using: &random)
        }
    }
}
