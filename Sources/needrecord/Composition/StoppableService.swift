import ServiceLifecycle

/// A service that has nothing to finish: a graceful shutdown cancels it.
///
/// A group stops its services in the reverse order of their start, so such a service runs for as long as those that
/// were started after it.
struct StoppableService: Service {
    let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) {
        self.body = body
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await body() }
    }
}
