import DecisionCore
import TestSupport
import Testing

@testable import ReplyCorrelator

/// Scripts of a state machine; a question's waiter is a text.
@Suite struct PendingAnswersTests {
    private typealias Pending = PendingAnswers<Int, String, ScriptedInstant>

    /// A machine that remembers for a second after a deadline, with questions 1, 2, … that are due at these times.
    private static func waiting(_ deadlines: [Int], maximum: Int = 10) -> Pending {
        var pending = Pending(maximumWaiting: maximum, memory: .seconds(1))
        for (index, deadline) in deadlines.enumerated() {
            register(index + 1, due: deadline, in: &pending)
        }
        return pending
    }

    @discardableResult
    private static func register(_ number: Int, due deadline: Int, in pending: inout Pending) -> Bool {
        let registration = pending.register(
            .number(number),
            question: number,
            waiter: "waiter \(number)",
            deadline: ScriptedInstant(deadline)
        )
        if case .registered = registration { return true }
        return false
    }

    /// What a resolution says, as a text.
    private static func text(_ resolution: Pending.Resolution) -> String {
        switch resolution {
        case .ended(let waiter, _): waiter
        case .late: "late"
        case .duplicate: "duplicate"
        case .unknown: "unknown"
        }
    }

    @Test func `A reply to a waiting question hands out its waiter once, and is a duplicate after that`() {
        var pending = Self.waiting([100])
        #expect(pending.waitingCount == 1)
        #expect(Self.text(pending.resolve(.number(1))) == "waiter 1")
        #expect(pending.waitingCount == 0)
        #expect(Self.text(pending.resolve(.number(1))) == "duplicate")
        #expect(Self.text(pending.resolve(.number(1))) == "duplicate")
    }

    @Test func `A failure hands out the waiter once, and a reply after that is late`() {
        var pending = Self.waiting([100])
        #expect(Self.text(pending.fail(.number(1))) == "waiter 1")
        #expect(Self.text(pending.fail(.number(1))) == "late")
        #expect(Self.text(pending.resolve(.number(1))) == "late")
        #expect(pending.waitingCount == 0)
    }

    @Test(arguments: [true, false])
    func `A late reply is told what was asked and the deadline, however the question ended`(isExpired: Bool) {
        var pending = Self.waiting([100])
        if isExpired { _ = pending.expire(now: ScriptedInstant(150)) } else { _ = pending.fail(.number(1)) }
        guard case .late(let question, let deadline) = pending.resolve(.number(1)) else {
            Issue.record("it was not late")
            return
        }
        #expect(question == 1)
        #expect(deadline == ScriptedInstant(100))
    }

    @Test func `A failure after a reply finds the question answered`() {
        var pending = Self.waiting([100])
        #expect(Self.text(pending.resolve(.number(1))) == "waiter 1")
        #expect(Self.text(pending.fail(.number(1))) == "duplicate")
    }

    @Test func `A reply to a question that was never asked is unknown, and leaves no trace`() {
        var pending = Self.waiting([100])
        #expect(Self.text(pending.resolve(.number(2))) == "unknown")
        #expect(Self.text(pending.fail(.number(2))) == "unknown")
        #expect(pending.rememberedCount == 1)
        #expect(pending.waitingCount == 1)
    }

    @Test func `Questions end at their deadline, not a moment before`() {
        var pending = Self.waiting([100, 100, 101])
        #expect(pending.expire(now: 99).isEmpty)
        #expect(pending.expire(now: 100).map(\.waiter) == ["waiter 1", "waiter 2"])
        #expect(pending.expire(now: 100).isEmpty)
        #expect(pending.waitingCount == 1)
        #expect(pending.expire(now: 5_000).map(\.id) == [.number(3)])
        #expect(pending.waitingCount == 0)
    }

    @Test func `What has ended before its deadline does not end again there`() {
        var pending = Self.waiting([100, 100, 100])
        _ = pending.resolve(.number(1))
        _ = pending.fail(.number(3))
        #expect(pending.expire(now: 100).map(\.waiter) == ["waiter 2"])
    }

    @Test func `After the deadline a reply is late`() {
        var pending = Self.waiting([100])
        _ = pending.expire(now: 100)
        #expect(Self.text(pending.resolve(.number(1))) == "late")
    }

    @Test func `What has ended is forgotten when the memory after its deadline is over`() {
        var pending = Self.waiting([100, 200, 300])
        _ = pending.resolve(.number(1))
        _ = pending.expire(now: 300)
        #expect(Self.text(pending.resolve(.number(1))) == "duplicate")
        _ = pending.expire(now: 1_099)
        #expect(pending.rememberedCount == 3)
        _ = pending.expire(now: 1_100)
        #expect(Self.text(pending.resolve(.number(1))) == "unknown")
        #expect(Self.text(pending.resolve(.number(2))) == "late")
        _ = pending.expire(now: 1_300)
        #expect(pending.rememberedCount == 0)
        #expect(Self.text(pending.resolve(.number(3))) == "unknown")
    }

    @Test func `A question that waits is never forgotten`() {
        var pending = Self.waiting([100, 10_000])
        #expect(pending.expire(now: 9_999).map(\.id) == [.number(1)])
        #expect(Self.text(pending.resolve(.number(2))) == "waiter 2")
    }

    @Test func `At the limit a question is refused and not known; an end makes room`() {
        var pending = Self.waiting([100, 100], maximum: 2)
        #expect(!Self.register(3, due: 100, in: &pending))
        #expect(Self.text(pending.resolve(.number(3))) == "unknown")
        #expect(pending.waitingCount == 2)
        _ = pending.resolve(.number(1))
        #expect(Self.register(3, due: 110, in: &pending))
        #expect(!Self.register(4, due: 110, in: &pending))
        _ = pending.expire(now: 100)
        #expect(Self.register(4, due: 120, in: &pending))
    }

    @Test func `The next deadline is that of the first question that still waits`() {
        var pending = Self.waiting([100, 200, 300])
        #expect(pending.nextDeadline() == 100)
        _ = pending.resolve(.number(2))
        #expect(pending.nextDeadline() == 100)
        _ = pending.fail(.number(1))
        #expect(pending.nextDeadline() == 300)
        _ = pending.resolve(.number(3))
        #expect(pending.nextDeadline() == nil)
        Self.register(4, due: 400, in: &pending)
        #expect(pending.nextDeadline() == 400)
    }

    @Test func `What the next deadline skips is remembered all the same, and forgotten in time`() {
        var pending = Self.waiting([100, 200])
        _ = pending.resolve(.number(1))
        #expect(pending.nextDeadline() == 200)
        #expect(Self.text(pending.resolve(.number(1))) == "duplicate")
        _ = pending.expire(now: 1_100)
        #expect(Self.text(pending.resolve(.number(1))) == "unknown")
        #expect(Self.text(pending.resolve(.number(2))) == "late")
    }

    @Test func `The questions that wait are listed in the order of asking`() {
        var pending = Self.waiting([100, 100, 200])
        _ = pending.resolve(.number(2))
        let waiting = pending.waiting()
        #expect(waiting.map(\.id) == [.number(1), .number(3)])
        #expect(waiting.map(\.question) == [1, 3])
        #expect(waiting.map(\.deadline) == [100, 200])
        _ = pending.expire(now: 200)
        #expect(pending.waiting().isEmpty)
    }

    @Test func `In any script every question ends exactly once`() {
        var random = SeededGenerator(seed: 200)
        for _ in 0..<200 {
            var pending = Self.waiting([])
            var (now, asked) = (0, 0)
            var ends: [String: Int] = [:]
            for _ in 0..<200 {
                let number = Int.random(in: 0...(asked + 1), using: &random)
                switch Int.random(in: 0...4, using: &random) {
                case 0, 1: if Self.register(asked + 1, due: now + 50, in: &pending) { asked += 1 }
                case 2:
                    if case .ended(let waiter, _) = pending.resolve(.number(number)) { ends[waiter, default: 0] += 1 }
                case 3: if case .ended(let waiter, _) = pending.fail(.number(number)) { ends[waiter, default: 0] += 1 }
                default:
                    now += Int.random(in: 0...30, using: &random)
                    for (_, waiter) in pending.expire(now: ScriptedInstant(now)) { ends[waiter, default: 0] += 1 }
                }
                #expect(pending.waitingCount == asked - ends.count)
                #expect(pending.waiting().count == pending.waitingCount)
            }
            for (_, waiter) in pending.expire(now: ScriptedInstant(now + 50)) { ends[waiter, default: 0] += 1 }
            #expect(ends.count == asked && ends.values.allSatisfy { $0 == 1 })
            _ = pending.expire(now: ScriptedInstant(now + 1_050))
            #expect(pending.rememberedCount == 0)
        }
    }
}
