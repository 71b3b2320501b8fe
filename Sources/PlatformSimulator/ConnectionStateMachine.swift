/// What one connection of the platform is doing: at most one question at a time, on a connection that is kept.
package struct ConnectionStateMachine: Sendable {
    private enum State: Equatable {
        /// No connection and no question. Goes to `connecting`.
        case disconnected
        /// A connection is being made, for a question or ahead of the first. Goes to `busy`, `idle`, `disconnected`.
        case connecting(hasQuestion: Bool)
        /// Connected, no question. Goes to `busy`, `disconnected`.
        case idle
        /// A question was sent. Goes to `idle`, `disconnected`, or back to `connecting` with the same question.
        case busy(isReused: Bool, hasAnswerBegun: Bool)
    }

    /// What to do after an event.
    package enum Action: Sendable, Equatable {
        case none
        /// Make a new connection.
        case connect
        /// Write the question to the connection.
        case send
        /// Report that the connection made ahead is there, or could not be made.
        case reportOpened
        /// Report the answer, and close the connection unless it is kept.
        case reportAnswer(keepsConnection: Bool)
        /// Report that the question has no answer.
        case reportFailure(CallbackFailure)
    }

    private var state = State.disconnected

    package init() {}

    /// Whether somebody waits for this connection.
    package var isWaitedFor: Bool {
        switch state {
        case .disconnected, .idle: false
        case .connecting, .busy: true
        }
    }

    /// A connection is wanted before there is a question for it.
    package mutating func openRequested() -> Action {
        precondition(state == .disconnected, "open in state \(state)")
        state = .connecting(hasQuestion: false)
        return .connect
    }

    /// A question is to be asked.
    package mutating func questionAsked() -> Action {
        switch state {
        case .disconnected:
            state = .connecting(hasQuestion: true)
            return .connect
        case .idle:
            state = .busy(isReused: true, hasAnswerBegun: false)
            return .send
        case .connecting, .busy:
            preconditionFailure("a question in state \(state)")
        }
    }

    /// The connection is there.
    package mutating func connected() -> Action {
        guard case .connecting(let hasQuestion) = state else { return .none }
        state = hasQuestion ? .busy(isReused: false, hasAnswerBegun: false) : .idle
        return hasQuestion ? .send : .reportOpened
    }

    /// The connection could not be made.
    package mutating func connectFailed(_ failure: CallbackFailure) -> Action {
        guard case .connecting(let hasQuestion) = state else { return .none }
        state = .disconnected
        return hasQuestion ? .reportFailure(failure) : .reportOpened
    }

    /// The status line and the headers of the answer came in.
    package mutating func answerBegan() {
        guard case .busy(let isReused, _) = state else { return }
        state = .busy(isReused: isReused, hasAnswerBegun: true)
    }

    /// The last byte of the answer came in.
    package mutating func answerEnded(isKeepAlive: Bool) -> Action {
        guard case .busy = state else { return .none }
        state = isKeepAlive ? .idle : .disconnected
        return .reportAnswer(keepsConnection: isKeepAlive)
    }

    /// The connection is gone, for `failure`.
    ///
    /// A server may close a kept connection at the very moment the next question is written to it. If no byte of an
    /// answer came, Go's HTTP client asks again on a new connection before it calls that a failure, and so the
    /// platform does.
    package mutating func connectionLost(_ failure: CallbackFailure) -> Action {
        switch state {
        case .disconnected, .connecting:
            return .none
        case .idle:
            state = .disconnected
            return .none
        case .busy(isReused: true, hasAnswerBegun: false) where failure == .closed || failure == .reset:
            state = .connecting(hasQuestion: true)
            return .connect
        case .busy:
            state = .disconnected
            return .reportFailure(failure)
        }
    }

    /// The time for what is going on is over, or nobody wants it any more; the connection goes with it.
    package mutating func givenUp(_ failure: CallbackFailure) -> Action {
        defer { state = .disconnected }
        return switch state {
        case .disconnected, .idle: .none
        case .connecting(hasQuestion: false): .reportOpened
        case .connecting(hasQuestion: true), .busy: .reportFailure(failure)
        }
    }
}
