internal import Testing

/// Waits until a fact is true, for at most 5 s.
func eventually(_ fact: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let deadline = ContinuousClock.now + .seconds(5)
    while !fact() {
        try #require(ContinuousClock.now < deadline, "not true within 5 s", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(2))
    }
}
