/// What one request says to the server and what has to come back, in order. It sees results, not bytes.
///
/// In a pipeline libpq delivers one result for each step, then nil; after a failed step the rest are `skipped`, and
/// the last thing to come is `synced`. A simple query and a COPY have any number of results, then nil.
package struct Conversation: Sendable {
    /// One message group of a pipeline.
    package enum Step: Sendable, Equatable {
        /// Sets `statement_timeout` for what follows.
        case setTimeout(milliseconds: Int64)
        /// Drops a prepared statement on the server.
        case deallocate(statement: String)
        /// Prepares the SQL of a query.
        case prepare(statement: String, query: Int)
        /// Runs a query, by its prepared statement if it has one.
        case execute(query: Int, statement: String?)
    }

    package enum Kind: Sendable, Equatable {
        case pipeline([Step])
        case simple
        case copy
    }

    package enum Action: Sendable, Equatable {
        /// Nothing but to go on.
        case proceed
        case timeoutSet(milliseconds: Int64)
        case prepared(statement: String, query: Int)
        /// The result is nobody's.
        case discard
        /// The result belongs to this query.
        case keep(query: Int)
        /// The result is an error.
        case fail
        /// The server is ready for the rows.
        case sendRows
        /// The server waits for rows that nobody has.
        case refuseRows
        /// All has come; the connection is ready for the next request.
        case finish
        /// The connection cannot be used any more.
        case violation(String)
    }

    package let kind: Kind
    /// How many steps have ended.
    private var endedSteps = 0
    /// Whether a statement of the caller has run, so that repeating the request would run it twice.
    package private(set) var hasExecuted = false

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// A result came.
    package mutating func received(_ status: ResultStatus) -> Action {
        switch kind {
        case .pipeline(let steps): receivedInPipeline(status, steps)
        case .simple: receivedInSimpleQuery(status)
        case .copy: receivedInCopy(status)
        }
    }

    /// libpq had no further result.
    package mutating func receivedEnd() -> Action {
        guard case .pipeline(let steps) = kind else { return .finish }
        guard endedSteps < steps.count else { return .violation("a result ended that was not asked for") }
        endedSteps += 1
        return .proceed
    }

    private mutating func receivedInPipeline(_ status: ResultStatus, _ steps: [Step]) -> Action {
        if status == .synced {
            return endedSteps == steps.count ? .finish : .violation("the pipeline ended after \(endedSteps) steps")
        }
        guard endedSteps < steps.count else { return .violation("a result that was not asked for") }
        switch status {
        case .command, .rows:
            switch steps[endedSteps] {
            case .setTimeout(let milliseconds): return .timeoutSet(milliseconds: milliseconds)
            case .deallocate: return .proceed
            case .prepare(let statement, let query): return .prepared(statement: statement, query: query)
            case .execute(let query, _):
                hasExecuted = true
                return .keep(query: query)
            }
        case .failed: return .fail
        case .skipped: return .proceed
        case .copyIn, .synced, .unexpected: return .violation("COPY in a query; use copyIn")
        }
    }

    private mutating func receivedInSimpleQuery(_ status: ResultStatus) -> Action {
        hasExecuted = true
        return switch status {
        case .command, .rows: .discard
        case .failed: .fail
        case .copyIn: .refuseRows
        case .skipped, .synced, .unexpected: .violation("COPY to the client in a simple query")
        }
    }

    private mutating func receivedInCopy(_ status: ResultStatus) -> Action {
        hasExecuted = true
        return switch status {
        case .copyIn: .sendRows
        case .command: .keep(query: 0)
        case .failed: .fail
        case .rows, .skipped, .synced, .unexpected: .violation("no COPY where one was expected")
        }
    }
}
