internal import EventThread
internal import NIOConcurrencyHelpers

/// Calls a pool when its next deadline has come.
final class PoolTimer: EventSource {
    private struct WeakPool {
        weak var pool: PostgresPool?
    }

    private let target = NIOLockedValueBox(WeakPool())

    func start(_ pool: PostgresPool, on thread: EventThread) {
        target.withLockedValue { $0.pool = pool }
        thread.attach(self)
    }

    func service() -> EventInterest {
        let pool = target.withLockedValue { $0.pool }
        return EventInterest(timeoutMilliseconds: pool?.tick())
    }
}
