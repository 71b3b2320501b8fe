internal import NIOConcurrencyHelpers

/// Why a channel has ended, if it has; written by the connection's thread, read by any.
final class ChannelStatus: Sendable {
    private let error = NIOLockedValueBox<AMQPError?>(nil)

    var endError: AMQPError? { error.withLockedValue { $0 } }

    func end(_ reason: AMQPError) {
        error.withLockedValue { $0 = $0 ?? reason }
    }
}
