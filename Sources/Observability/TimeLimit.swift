/// Runs `body`, and cancels it when its time is over.
///
/// - Throws: What `body` throws; ``TimeLimitExceeded`` when it did not end in time.
public func withTimeLimit<Value: Sendable>(
    _ limit: Duration,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { tasks in
        tasks.addTask { try await body() }
        tasks.addTask {
            try await Task.sleep(for: limit)
            throw TimeLimitExceeded(limit: limit)
        }
        defer { tasks.cancelAll() }
        guard let value = try await tasks.next() else { throw CancellationError() }
        return value
    }
}

/// Something did not end in its time.
public struct TimeLimitExceeded: Error, CustomStringConvertible {
    /// How long it was given.
    public let limit: Duration

    /// What is said of it.
    public var description: String { "no end within \(limit)" }
}
