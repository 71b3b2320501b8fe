internal import EventThread
internal import NIOConcurrencyHelpers

extension PostgresConnection {
    func establish() async throws(PostgresError) {
        let id = makeID()
        let result: Result<Void, PostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                attachToThread()
                let attempt = ConnectAttempt(
                    id: id,
                    continuation: continuation,
                    hosts: configuration.hosts,
                    currentHost: "",
                    deadline: .now,
                    progress: .waitToWrite
                )
                startConnecting(attempt)
            }
        } onCancel: {
            cancel(id)
        }
        try result.get()
        try await setUpSession()
    }

    private func startConnecting(_ attempt: ConnectAttempt) {
        var attempt = attempt
        guard handle.start(configuration.parameters(hosts: attempt.hosts)) else {
            lifecycle = .connecting(attempt)
            fail(ConnectFailure.error(message: handle.errorMessage))
            return
        }
        // libpq: "behave as if it last returned PGRES_POLLING_WRITING" before the first call.
        attempt.progress = .waitToWrite
        attempt.currentHost = ""
        attempt.deadline = .now + configuration.connectTimeout
        lifecycle = .connecting(attempt)
    }

    /// Goes on connecting as far as that is possible without waiting.
    func serviceConnecting(_ attempt: ConnectAttempt) -> EventInterest {
        var attempt = attempt
        if isCancelled(attempt.id) {
            fail(PostgresError(.cancelled, message: "connecting was cancelled"))
            return .none
        }
        // Only a ready socket: libpq takes one whose connect(2) is still under way for a connected one.
        while let socket = handle.socket, SocketReadiness.isReady(socket, toRead: attempt.progress == .waitToRead) {
            attempt.progress = handle.proceed()
            switch attempt.progress {
            case .established: return finishConnecting(attempt)
            case .failed:
                fail(ConnectFailure.error(message: handle.errorMessage))
                return .none
            case .waitToRead, .waitToWrite: break
            }
        }
        let now = ContinuousClock.now
        let (host, port) = handle.currentHost
        if attempt.currentHost != "\(host):\(port)" {
            attempt.currentHost = "\(host):\(port)"
            attempt.deadline = now + configuration.connectTimeout
        } else if now >= attempt.deadline {
            // libpq itself has no time limit when it does not block, and would wait for a silent host forever.
            guard let rest = attempt.hosts.after(host: host, port: port) else {
                fail(PostgresError(.connectFailed, message: "\(host):\(port) did not answer in time"))
                return .none
            }
            attempt.hosts = rest
            startConnecting(attempt)
            guard case .connecting(let restarted) = lifecycle else { return .none }
            return serviceConnecting(restarted)
        }
        lifecycle = .connecting(attempt)
        return EventInterest(
            descriptor: handle.socket,
            readable: attempt.progress == .waitToRead,
            writable: attempt.progress == .waitToWrite,
            timeoutMilliseconds: (attempt.deadline - now).pollTimeout
        )
    }

    private func finishConnecting(_ attempt: ConnectAttempt) -> EventInterest {
        guard handle.enterPipelineMode() else {
            fail(PostgresError(.connectFailed, message: handle.errorMessage))
            return .none
        }
        lifecycle = .ready
        usable.withLockedValue { $0 = true }
        attempt.continuation.resume(returning: .success(()))
        return EventInterest(descriptor: handle.socket, readable: true)
    }

    private func setUpSession() async throws(PostgresError) {
        let timeout = configuration.statementTimeout?.milliseconds ?? 0
        let settings = [
            "SET statement_timeout = \(timeout)",
            "SET lock_timeout = \(configuration.lockTimeout?.milliseconds ?? 0)",
            "SET idle_in_transaction_session_timeout = \(configuration.idleInTransactionTimeout?.milliseconds ?? 0)",
            "SET timezone = 'UTC'",
            "SET datestyle = 'ISO'",
            "SET bytea_output = 'hex'",
        ]
        var queries = settings.map { PostgresQuery(sql: $0, isPrepared: false) }
        for (name, value) in configuration.sessionSettings.sorted(by: { $0.key < $1.key }) {
            queries.append("SELECT set_config(\(name), \(value), false)")
        }
        _ = try await run(queries, timeout: configuration.connectTimeout)
        if let role = configuration.role { try await act(as: role, timeout: timeout) }
        appliedTimeout = timeout
    }

    private func act(as role: String, timeout: Int64) async throws(PostgresError) {
        // This call has a timeout of its own, which the server keeps until it gets another.
        let settings = ["SET ROLE \(PostgresIdentifier(role).quoted)", "SET statement_timeout = \(timeout)"]
        do {
            let queries = settings.map { PostgresQuery(sql: $0, isPrepared: false) }
            _ = try await run(queries, timeout: configuration.connectTimeout)
        } catch {
            // Of these statements a server refuses the role only.
            throw error.code == .server ? error.with(.roleRefused) : error
        }
    }
}
