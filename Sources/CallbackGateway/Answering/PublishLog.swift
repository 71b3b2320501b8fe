internal import NIOConcurrencyHelpers

/// How often one event was handed to a connection to the broker, and when first.
final class PublishLog: Sendable {
    private let state = NIOLockedValueBox<(count: Int, first: ContinuousClock.Instant?)>((0, nil))

    func published(at now: ContinuousClock.Instant) {
        state.withLockedValue { state in
            state.count += 1
            if state.first == nil { state.first = now }
        }
    }

    var count: Int { state.withLockedValue { $0.count } }

    var first: ContinuousClock.Instant? { state.withLockedValue { $0.first } }
}
