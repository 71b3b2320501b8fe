extension PostgresConnection {
    /// Queues a call and waits for its answer.
    ///
    /// - Parameter isShielded: Ignore the task's cancellation, for what must be said to leave a clean session.
    func submit(_ kind: Request.Kind, timeout: Duration?, isShielded: Bool = false) async -> Reply {
        if case .closed(let error) = lifecycle { return .failure(error) }
        let id = makeID()
        let request = Request(
            kind: kind,
            owner: TransactionToken.current(of: self),
            deadline: timeout.map { .now + $0 }
        )
        guard !isShielded else {
            return await withCheckedContinuation { enqueue(id, request, $0) }
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { enqueue(id, request, $0) }
        } onCancel: {
            cancel(id)
        }
    }

    private func enqueue(_ id: UInt64, _ request: Request, _ continuation: CheckedContinuation<Reply, Never>) {
        waiters[id] = Waiter(request: request, continuation: continuation)
        if case .reserve(let transaction) = request.kind {
            turns.enqueue(id, owner: request.owner, opens: transaction)
        } else {
            turns.enqueue(id, owner: request.owner)
        }
        // The thread services this connection after its jobs, and starts the request then.
    }

    /// Starts the request whose turn it is.
    func startNext() {
        while exchange == nil, case .ready = lifecycle, let id = turns.next() {
            guard let request = waiters[id]?.request else {
                turns.finished()
                continue
            }
            if case .reserve = request.kind {
                turns.finished()
                answer(id, .success([]))
                continue
            }
            if let deadline = request.deadline, deadline <= .now {
                turns.finished()
                answer(id, .failure(PostgresError(.timedOut, message: "the connection was busy for too long")))
                continue
            }
            exchange = Exchange(
                id: id,
                request: request,
                hardDeadline: request.deadline.map { $0 + configuration.timeoutGrace },
                conversation: Conversation(.simple),
                results: []
            )
            converse()
        }
    }

    /// Begins the exchange's conversation with the server.
    private func converse() {
        guard let request = exchange?.request else { return }
        let isFailed = handle.transactionStatus == .failed
        let wanted = request.deadline.map { serverTimeout($0 - .now) } ?? 0
        // A failed transaction takes nothing but its end.
        let timeout = isFailed || wanted == appliedTimeout ? nil : wanted
        let isSent: Bool
        switch request.kind {
        case .reserve: return
        case .pipeline(let queries):
            let steps = statements.plan(
                queries.map { ($0.sql, $0.isPrepared) },
                timeout: timeout,
                mayEvict: !isFailed
            )
            exchange?.results = Array(repeating: nil, count: queries.count)
            isSent = send(steps, queries)
        case .simple, .copy:
            if let timeout {
                exchange?.isSettingTimeout = true
                let steps: [Conversation.Step] = [.setTimeout(milliseconds: timeout)]
                isSent = send(steps, [])
            } else {
                isSent = sendSimple(request.kind)
            }
        }
        guard isSent else {
            return fail(PostgresError(.connectionLost, message: handle.errorMessage))
        }
        hasJustSent = true
        needsFlush = true
    }

    private func send(_ steps: [Conversation.Step], _ queries: [PostgresQuery]) -> Bool {
        exchange?.conversation = Conversation(.pipeline(steps))
        for step in steps {
            let isSent =
                switch step {
                case .setTimeout(let milliseconds):
                    handle.sendUnprepared(sql: "SET statement_timeout = \(milliseconds)", PostgresBindings())
                case .deallocate(let statement):
                    handle.sendUnprepared(sql: "DEALLOCATE \(statement)", PostgresBindings())
                case .prepare(let statement, let query):
                    handle.sendPrepare(name: statement, sql: queries[query].sql)
                case .execute(let query, let statement?):
                    handle.sendExecute(name: statement, queries[query].bindings)
                case .execute(let query, nil):
                    handle.sendUnprepared(sql: queries[query].sql, queries[query].bindings)
                }
            guard isSent else { return false }
        }
        return handle.sendSync()
    }

    /// The simple protocol and COPY have no place in pipeline mode.
    private func sendSimple(_ kind: Request.Kind) -> Bool {
        guard handle.exitPipelineMode() else { return false }
        exchange?.isSettingTimeout = false
        switch kind {
        case .simple(let sql):
            exchange?.conversation = Conversation(.simple)
            return handle.sendSimple(sql)
        case .copy(let sql, _):
            exchange?.conversation = Conversation(.copy)
            exchange?.results = [nil]
            return handle.sendSimple(sql)
        case .pipeline, .reserve:
            return false
        }
    }

    /// Everything for the conversation has come.
    func finishConversation() {
        guard let finished = exchange else { return }
        if finished.isSettingTimeout, finished.error == nil {
            guard sendSimple(finished.request.kind) else {
                return fail(PostgresError(.connectionLost, message: handle.errorMessage))
            }
            hasJustSent = true
            needsFlush = true
            return
        }
        guard handle.enterPipelineMode() else {
            return fail(PostgresError(.protocolViolation, message: handle.errorMessage))
        }
        if finished.isStale {
            // DISCARD, a changed table: nothing is known about the statements any more.
            statements.removeAll()
            let mayRepeat = !finished.conversation.hasExecuted && handle.transactionStatus == .idle
            if mayRepeat, !finished.isRepeated, waiters[finished.id] != nil {
                exchange?.isRepeated = true
                exchange?.isStale = false
                exchange?.error = nil
                return converse()
            }
        }
        exchange = nil
        turns.finished()
        if let error = finished.error {
            answer(finished.id, .failure(error))
        } else {
            answer(finished.id, .success(finished.results.compactMap(\.self)))
        }
        startNext()
    }

    /// In steps of 100 ms, so that a budget that shrinks a little from call to call is not set anew each time.
    func serverTimeout(_ timeout: Duration) -> Int64 {
        max(100, (timeout.milliseconds + 99) / 100 * 100)
    }
}
