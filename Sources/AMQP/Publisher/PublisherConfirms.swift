internal import DequeModule

/// Which messages of a channel in confirm mode are on their way, and what each one's single outcome is.
///
/// A token is first `queued` (any thread may publish), then written or refused in the same order (by the connection's
/// thread), then settled. The broker numbers the messages of a channel from 1 in the order they were written, so the
/// number of an entry follows from its place, and an entry that is settled out of order leaves a hole until it is
/// the oldest.
package struct PublisherConfirms<Token> {
    package typealias Settled = (token: Token, outcome: AMQPPublishOutcome)

    fileprivate struct Entry {
        /// nil once the outcome is reported; the broker's confirm, still to come, is swallowed then.
        var token: Token?
        /// Of a mandatory message only: how a return finds it.
        var messageID: String?
    }

    private var queued = Deque<Token>()
    private var written = Deque<Entry>()
    /// The delivery tag of the first entry of `written`.
    private var firstTag: UInt64 = 1
    private var writtenTokenCount = 0

    package init() {}

    /// Tokens that have no outcome yet.
    package var unconfirmedCount: Int { queued.count + writtenTokenCount }

    /// A message was put into the connection's queue.
    package mutating func enqueued(_ token: Token) {
        queued.append(token)
    }

    /// The oldest queued message was written.
    package mutating func wrote(mandatoryMessageID: String?) {
        guard let token = queued.popFirst() else { return }
        written.append(Entry(token: token, messageID: mandatoryMessageID))
        writtenTokenCount += 1
    }

    /// A message without a token was written on the same channel: it takes a number too.
    package mutating func wroteUntracked() {
        written.append(Entry(token: nil, messageID: nil))
        dropSettled()
    }

    /// The oldest queued message was not written.
    package mutating func refused(_ outcome: AMQPPublishOutcome) -> Settled? {
        queued.popFirst().map { ($0, outcome) }
    }

    /// The broker confirmed (`outcome` is ``AMQPPublishOutcome/confirmed``) or refused one message, or with `multiple`
    /// every message up to `tag` (0: all).
    ///
    /// - Throws: ``AMQPError/Code/protocolViolation`` for a message that was never written.
    package mutating func settled(
        tag: UInt64,
        multiple: Bool,
        outcome: AMQPPublishOutcome,
        into outcomes: inout [Settled]
    ) throws(AMQPError) {
        let nextTag = firstTag + UInt64(written.count)
        guard tag < nextTag, tag > 0 || multiple else {
            throw .protocolViolation("the broker confirmed message \(tag), but only \(nextTag - 1) were sent")
        }
        let last = tag == 0 ? nextTag - 1 : tag
        // A number below firstTag was settled before; saying so twice does no harm.
        guard last >= firstTag, !written.isEmpty else { return }
        let lastIndex = Int(last - firstTag)
        for index in multiple ? 0...lastIndex : lastIndex...lastIndex {
            settle(at: index, outcome, into: &outcomes)
        }
        dropSettled()
    }

    /// The broker returned a mandatory message; its confirm follows, and is swallowed.
    ///
    /// - Returns: Whether it was one of these messages.
    package mutating func returned(
        messageID: String,
        replyCode: UInt16,
        replyText: String,
        into outcomes: inout [Settled]
    ) -> Bool {
        guard let index = written.firstIndex(where: { $0.messageID == messageID && $0.token != nil }) else {
            return false
        }
        settle(at: index, .returned(replyCode: replyCode, replyText: replyText), into: &outcomes)
        dropSettled()
        return true
    }

    /// The broker stopped reading: whatever it has not confirmed may take long.
    package mutating func blocked(reason: String, into outcomes: inout [Settled]) {
        for index in written.indices {
            settle(at: index, .blocked(reason: reason), into: &outcomes)
        }
        dropSettled()
    }

    /// The channel has ended. What is still queued is refused one by one when its turn comes.
    package mutating func ended(_ error: AMQPError, into outcomes: inout [Settled]) {
        for index in written.indices {
            settle(at: index, .failed(error), into: &outcomes)
        }
        dropSettled()
    }

    private mutating func settle(at index: Int, _ outcome: AMQPPublishOutcome, into outcomes: inout [Settled]) {
        guard let token = written[index].token.take() else { return }
        written[index].messageID = nil
        writtenTokenCount -= 1
        outcomes.append((token, outcome))
    }

    /// A confirm that still comes for an entry dropped here has a number below `firstTag`, and is swallowed by that.
    private mutating func dropSettled() {
        while let first = written.first, first.token == nil {
            written.removeFirst()
            firstTag += 1
        }
    }
}

extension PublisherConfirms.Entry: Sendable where Token: Sendable {}
extension PublisherConfirms: Sendable where Token: Sendable {}
