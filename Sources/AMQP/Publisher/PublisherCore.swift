internal import NIOConcurrencyHelpers

/// What an ``AMQPPublisher`` and the connection's thread share.
final class PublisherCore<Token: Sendable>: ConfirmSink, Sendable {
    typealias Outcomes = [(token: Token, outcome: AMQPPublishOutcome)]

    private struct State: Sendable {
        var confirms = PublisherConfirms<Token>()
        var outcomes: Outcomes = []
    }

    private let state = NIOLockedValueBox(State())
    private let onOutcomes: @Sendable (Outcomes) -> Void

    init(onOutcomes: @escaping @Sendable (Outcomes) -> Void) {
        self.onOutcomes = onOutcomes
    }

    var unconfirmedCount: Int {
        state.withLockedValue { $0.confirms.unconfirmedCount }
    }

    var hasBatch: Bool {
        state.withLockedValue { !$0.outcomes.isEmpty }
    }

    /// Called while the connection's queue is locked, so that tokens and messages are in the same order.
    func enqueued(_ token: Token) {
        state.withLockedValue { $0.confirms.enqueued(token) }
    }

    func wrote(mandatoryMessageID: String?) {
        state.withLockedValue { $0.confirms.wrote(mandatoryMessageID: mandatoryMessageID) }
    }

    func wroteUntracked() {
        state.withLockedValue { $0.confirms.wroteUntracked() }
    }

    func refused(_ outcome: AMQPPublishOutcome) {
        state.withLockedValue { state in
            if let settled = state.confirms.refused(outcome) { state.outcomes.append(settled) }
        }
    }

    func settled(tag: UInt64, multiple: Bool, outcome: AMQPPublishOutcome) throws(AMQPError) {
        let result = state.withLockedValue { state in
            Result { () throws(AMQPError) in
                try state.confirms.settled(tag: tag, multiple: multiple, outcome: outcome, into: &state.outcomes)
            }
        }
        try result.get()
    }

    func returned(messageID: String, replyCode: UInt16, replyText: String) -> Bool {
        state.withLockedValue {
            $0.confirms.returned(
                messageID: messageID,
                replyCode: replyCode,
                replyText: replyText,
                into: &$0.outcomes
            )
        }
    }

    func blocked(reason: String) {
        state.withLockedValue { $0.confirms.blocked(reason: reason, into: &$0.outcomes) }
    }

    func ended(_ error: AMQPError) {
        state.withLockedValue { $0.confirms.ended(error, into: &$0.outcomes) }
    }

    func flush() {
        let outcomes = state.withLockedValue { state in
            defer { state.outcomes.removeAll() }
            return state.outcomes
        }
        if !outcomes.isEmpty { onOutcomes(outcomes) }
    }
}
