import Testing

@testable import AMQP

@Suite struct PublisherConfirmsTests {
    /// A machine with its outcomes, so that a test reads as a script.
    private struct Script {
        var confirms = PublisherConfirms<String>()
        var outcomes: [PublisherConfirms<String>.Settled] = []

        mutating func publish(_ tokens: String..., id: String? = nil) {
            for token in tokens {
                confirms.enqueued(token)
                confirms.wrote(mandatoryMessageID: id)
            }
        }

        mutating func ack(_ tag: UInt64, multiple: Bool = false) throws {
            try confirms.settled(tag: tag, multiple: multiple, outcome: .confirmed, into: &outcomes)
        }

        mutating func nack(_ tag: UInt64, multiple: Bool = false) throws {
            try confirms.settled(tag: tag, multiple: multiple, outcome: .negativelyAcknowledged, into: &outcomes)
        }

        mutating func returned(_ id: String) -> Bool {
            confirms.returned(messageID: id, replyCode: 312, replyText: "NO_ROUTE", into: &outcomes)
        }

        /// What was reported since the last call, as text.
        mutating func take() -> [String] {
            defer { outcomes = [] }
            return outcomes.map { "\($0.token) \($0.outcome.name)" }
        }
    }

    @Test func `Single confirms in any order`() throws {
        var script = Script()
        script.publish("a", "b", "c")
        #expect(script.confirms.unconfirmedCount == 3)
        try script.ack(2)
        #expect(script.take() == ["b confirmed"])
        try script.ack(1)
        try script.nack(3)
        #expect(script.take() == ["a confirmed", "c nack"])
        #expect(script.confirms.unconfirmedCount == 0)
    }

    @Test func `A multiple confirm settles all up to its tag, and only what is left of them`() throws {
        var script = Script()
        script.publish("a", "b", "c", "d")
        try script.ack(2)
        try script.ack(3, multiple: true)
        #expect(script.take() == ["b confirmed", "a confirmed", "c confirmed"])
        try script.nack(0, multiple: true)
        #expect(script.take() == ["d nack"])
    }

    @Test func `Numbers go on after everything is settled`() throws {
        var script = Script()
        script.publish("a")
        try script.ack(1)
        script.publish("b")
        try script.ack(2)
        #expect(script.take() == ["a confirmed", "b confirmed"])
    }

    @Test func `A return is the outcome, and the confirm after it is swallowed`() throws {
        var script = Script()
        script.publish("a")
        script.publish("b", id: "id-b")
        let isMine = script.returned("id-b")
        #expect(isMine)
        #expect(script.take() == ["b returned 312"])
        try script.ack(2, multiple: true)
        #expect(script.take() == ["a confirmed"])
        #expect(script.confirms.unconfirmedCount == 0)
    }

    @Test func `Two messages with one ID are returned one after the other`() throws {
        var script = Script()
        script.publish("a", "b", id: "same")
        #expect([script.returned("same"), script.returned("same"), script.returned("same")] == [true, true, false])
        #expect(script.take() == ["a returned 312", "b returned 312"])
    }

    @Test func `A return of somebody else's message is not taken`() {
        var script = Script()
        script.publish("a", id: "id-a")
        let isMine = script.returned("other")
        #expect(!isMine)
        #expect(script.take() == [])
    }

    @Test func `A blocked connection settles what was written, and later confirms are swallowed`() throws {
        var script = Script()
        script.publish("a", "b")
        script.confirms.enqueued("c")
        script.confirms.blocked(reason: "low on memory", into: &script.outcomes)
        #expect(script.take() == ["a blocked", "b blocked"])
        #expect(script.confirms.unconfirmedCount == 1)
        let refused = script.confirms.refused(.blocked(reason: "low on memory"))
        #expect(refused?.token == "c")
        try script.ack(2, multiple: true)
        #expect(script.take() == [])
        script.publish("d")
        try script.ack(3)
        #expect(script.take() == ["d confirmed"])
    }

    @Test func `The end of the channel fails what was written`() {
        var script = Script()
        script.publish("a", "b")
        let error = AMQPError(code: .notFound, replyCode: 404, message: "no exchange")
        script.confirms.ended(error, into: &script.outcomes)
        #expect(script.outcomes.map(\.outcome) == [.failed(error), .failed(error)])
        script.confirms.ended(error, into: &script.outcomes)
        #expect(script.outcomes.count == 2)
        #expect(script.confirms.unconfirmedCount == 0)
    }

    @Test func `Messages without a token take a number too`() throws {
        var script = Script()
        script.confirms.wroteUntracked()
        script.publish("a")
        script.confirms.wroteUntracked()
        script.publish("b")
        try script.ack(1)
        try script.ack(2)
        try script.ack(4, multiple: true)
        #expect(script.take() == ["a confirmed", "b confirmed"])
    }

    @Test(arguments: [(3, false), (3, true), (UInt64.max, true), (0, false)] as [(UInt64, Bool)])
    func `A confirm of a message that was never sent is a violation`(tag: UInt64, multiple: Bool) {
        var script = Script()
        script.publish("a", "b")
        let error = #expect(throws: AMQPError.self) { try script.ack(tag, multiple: multiple) }
        #expect(error?.code == .protocolViolation)
    }

    @Test func `A second confirm of one message changes nothing`() throws {
        var script = Script()
        script.publish("a", "b")
        try script.ack(1)
        try script.ack(1)
        try script.nack(1, multiple: true)
        #expect(script.take() == ["a confirmed"])
    }

    @Test func `Every token gets exactly one outcome, whatever the broker says`() throws {
        var random = SplitMix64(state: 42)
        var script = Script()
        var published = 0
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4:
                script.publish("\(published)", id: "\(published)")
                published += 1
            case 5, 6:
                guard published > 0 else { continue }
                let tag = UInt64.random(in: 1...UInt64(published), using: &random)
                try script.ack(tag, multiple: Bool.random(using: &random))
            case 7:
                guard published > 0 else { continue }
                try script.nack(UInt64.random(in: 1...UInt64(published), using: &random))
            case 8:
                guard published > 0 else { continue }
                _ = script.returned("\(Int.random(in: 0..<published, using: &random))")
            default:
                script.confirms.blocked(reason: "", into: &script.outcomes)
            }
        }
        script.confirms.ended(AMQPError(code: .connectionClosed, message: ""), into: &script.outcomes)
        #expect(script.outcomes.count == published)
        #expect(Set(script.outcomes.map(\.token)).count == published)
    }
}

extension AMQPPublishOutcome {
    fileprivate var name: String {
        switch self {
        case .confirmed: "confirmed"
        case .negativelyAcknowledged: "nack"
        case .returned(let code, _): "returned \(code)"
        case .blocked: "blocked"
        case .failed(let error): "failed \(error.code)"
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
