import Testing

/// Waits until `condition` holds, and fails when it does not within ten seconds.
func eventually(
    _ condition: () throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, "it did not become true", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(1))
    }
}
