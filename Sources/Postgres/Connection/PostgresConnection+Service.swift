internal import EventThread
internal import NIOConcurrencyHelpers

extension PostgresConnection {
    /// One turn of the thread: take what came, send what there is, say what to wait for.
    func serviceOnThread() -> EventInterest {
        switch lifecycle {
        case .closed: return .none
        case .connecting(let attempt): return serviceConnecting(attempt)
        case .ready: break
        }
        withdrawCancelled()
        startNext()
        // The answer to what was handed over just now cannot be there yet.
        if !hasJustSent { receive() }
        guard case .ready = lifecycle, send() else { return .none }
        hasJustSent = false
        guard let timeout = expire() else { return .none }
        return EventInterest(
            descriptor: handle.socket,
            readable: true,
            writable: needsFlush,
            timeoutMilliseconds: timeout.limit
        )
    }

    // MARK: Receiving

    private func receive() {
        let isAlive = handle.consumeInput()
        deliverNotifications()
        // While COPY data is sent libpq would say COPY IN again and again.
        while exchange != nil, exchange?.nextChunk == nil, !hasJustSent, !handle.isBusy {
            let result = handle.nextResult()
            guard !handle.isBad else { return fail(connectionLost(result)) }
            let action =
                if let result {
                    exchange?.conversation.received(result.status)
                } else {
                    exchange?.conversation.receivedEnd()
                }
            if let action { perform(action, result) }
            guard case .ready = lifecycle else { return }
        }
        // The server sends a session's own notifications after its answer.
        deliverNotifications()
        if !isAlive || handle.isBad { fail(connectionLost(nil)) }
    }

    private func perform(_ action: Conversation.Action, _ result: ResultHandle?) {
        switch action {
        case .proceed: break
        case .timeoutSet(let milliseconds): appliedTimeout = milliseconds
        case .prepared(let statement, let query):
            if case .pipeline(let queries)? = exchange?.request.kind {
                statements.insert(statement, for: queries[query].sql)
            }
        case .discard:
            if let result { noteSideEffects(of: result) }
        case .keep(let query):
            if let result { noteSideEffects(of: result) }
            exchange?.results[query] = result
        case .fail:
            appliedTimeout = nil
            if exchange?.error == nil, let result {
                exchange?.error = result.error(.server)
                exchange?.isStale = result.isStaleStatementError
            }
        case .sendRows:
            exchange?.nextChunk = 0
        case .refuseRows:
            if handle.putCopyEnd(failure: "COPY FROM STDIN in a simple query") {
                hasJustSent = true
                needsFlush = true
            } else {
                fail(connectionLost(nil))
            }
        case .finish: finishConversation()
        case .violation(let message): fail(PostgresError(.protocolViolation, message: message))
        }
    }

    /// Statements that change what this side believes about the session.
    private func noteSideEffects(of result: ResultHandle) {
        guard result.columnCount == 0 else { return }
        switch result.commandTag {
        case "ROLLBACK", "SET", "RESET": appliedTimeout = nil
        case "DISCARD ALL":
            appliedTimeout = nil
            statements.removeAll()
        case "DEALLOCATE ALL": statements.removeAll()
        default: break
        }
    }

    private func connectionLost(_ result: ResultHandle?) -> PostgresError {
        // Why the server ends the session comes before the end, as the statement's error or as a notice.
        if let error = exchange?.error, error.sqlState?.errorClass == "57", error.sqlState != .queryCanceled {
            return error.with(.connectionLost)
        }
        if let notice = handle.lastFatalNotice { return notice }
        if let result, result.status == .failed { return result.error(.connectionLost) }
        return PostgresError(.connectionLost, message: handle.errorMessage)
    }

    private func deliverNotifications() {
        while let notification = handle.nextNotification() {
            for listener in listeners.values where listener.channel == notification.channel {
                listener.continuation.yield(notification)
            }
        }
    }

    // MARK: Sending

    /// Sends what libpq has buffered. False when the connection is lost.
    private func send() -> Bool {
        while needsFlush || exchange?.nextChunk != nil {
            switch handle.flush() {
            case .pending:
                needsFlush = true
                return true
            case .failed:
                fail(connectionLost(nil))
                return false
            case .done: needsFlush = false
            }
            // The next piece only once the last one is with the kernel, so that libpq does not buffer them all.
            if exchange?.nextChunk != nil, !sendChunk() { return false }
        }
        return true
    }

    private func sendChunk() -> Bool {
        guard case .copy(_, let chunks)? = exchange?.request.kind, let index = exchange?.nextChunk else { return true }
        let isTaken: Bool
        if index < chunks.count {
            isTaken = handle.putCopyData(chunks[index])
            exchange?.nextChunk = index + 1
        } else {
            isTaken = handle.putCopyEnd(failure: nil)
            exchange?.nextChunk = nil
        }
        needsFlush = true
        if !isTaken { fail(connectionLost(nil)) }
        return isTaken
    }

    // MARK: Time

    private struct TimeLimit {
        let limit: Int32?
    }

    /// Ends what has had its time. Nil when that was the connection.
    private func expire() -> TimeLimit? {
        var next = exchange?.hardDeadline
        for (id, waiter) in waiters where id != exchange?.id {
            guard let deadline = waiter.request.deadline else { continue }
            next = min(next ?? deadline, deadline)
        }
        guard let next else { return TimeLimit(limit: nil) }
        let now = ContinuousClock.now
        guard next <= now else { return TimeLimit(limit: (next - now).pollTimeout) }
        if let deadline = exchange?.hardDeadline, deadline <= now {
            answer(exchange?.id, .failure(PostgresError(.timedOut, message: "the server did not answer in time")))
            fail(PostgresError(.connectionLost, message: "dropped: the server did not answer another call in time"))
            return nil
        }
        for (id, waiter) in waiters where id != exchange?.id && waiter.request.deadline.map({ $0 <= now }) == true {
            _ = turns.withdraw(id)
            answer(id, .failure(PostgresError(.timedOut, message: "the connection was busy for too long")))
        }
        return expire()
    }

    private func withdrawCancelled() {
        let cancelled = cancellations.withLockedValue { ids in
            defer { ids.removeAll() }
            return ids
        }
        for id in cancelled {
            // In flight it stays the exchange, so that its answer is awaited and dropped.
            _ = turns.withdraw(id)
            answer(id, .failure(PostgresError(.cancelled, message: "the calling task was cancelled")))
        }
    }

    func isCancelled(_ id: UInt64) -> Bool {
        cancellations.withLockedValue { $0.contains(id) }
    }

    // MARK: Ending

    func answer(_ id: UInt64?, _ reply: Reply) {
        guard let id, let waiter = waiters.removeValue(forKey: id) else { return }
        waiter.continuation.resume(returning: reply)
    }

    /// Ends the connection, for everybody who waits for it.
    func fail(_ error: PostgresError) {
        let before = lifecycle
        if case .closed = before, waiters.isEmpty { return }
        lifecycle = .closed(error)
        usable.withLockedValue { $0 = false }
        handle.finish()
        exchange = nil
        turns.removeAll()
        if case .connecting(let attempt) = before { attempt.continuation.resume(returning: .failure(error)) }
        let waiters = waiters
        self.waiters.removeAll()
        for waiter in waiters.values { waiter.continuation.resume(returning: .failure(error)) }
        for listener in listeners.values { listener.continuation.finish() }
        listeners.removeAll()
    }
}
