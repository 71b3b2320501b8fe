import DecisionCore
import TestSupport
import Testing

@testable import CallbackGateway

/// Scripts of a state machine; a message is its number, and its waiter a text.
@Suite struct PendingConfirmsTests {
    private typealias Pending = PendingConfirms<Int, String, ScriptedInstant>

    private static func id(_ number: Int) -> EventID {
        EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000 + UInt64(number))
    }

    /// A machine with messages 1, 2, … that are due at these times.
    private static func waiting(_ deadlines: [Int], maximum: Int = 10) -> Pending {
        var pending = Pending(maximumWaiting: maximum, maximumSize: 1_000)
        for (index, deadline) in deadlines.enumerated() { register(index + 1, due: deadline, in: &pending) }
        return pending
    }

    @discardableResult
    private static func register(
        _ number: Int,
        due deadline: Int,
        size: Int = 1,
        in pending: inout Pending
    ) -> Bool {
        pending.register(
            id(number),
            message: number,
            size: size,
            waiter: "waiter \(number)",
            deadline: ScriptedInstant(deadline)
        )
    }

    @Test func `What the broker says first hands out the waiter, and nothing after that does`() {
        var pending = Self.waiting([100])
        #expect(pending.settle(Self.id(1)) == "waiter 1")
        #expect(pending.settle(Self.id(1)) == nil)
        #expect(pending.expire(now: 100) == [])
        #expect(pending.waitingCount == 0)
    }

    @Test func `A message that was never registered has no waiter`() {
        var pending = Self.waiting([100])
        #expect(pending.settle(Self.id(2)) == nil)
        #expect(pending.waitingCount == 1)
    }

    @Test func `At its deadline a message ends, and a confirm after that finds nobody`() {
        var pending = Self.waiting([100, 200])
        #expect(pending.expire(now: 99) == [])
        #expect(pending.expire(now: 100) == ["waiter 1"])
        #expect(pending.settle(Self.id(1)) == nil)
        #expect(pending.waitingCount == 1)
        #expect(pending.expire(now: 1_000) == ["waiter 2"])
        #expect(pending.waitingCount == 0)
    }

    @Test func `The next deadline is that of the oldest message that still waits`() {
        var pending = Self.waiting([100, 200, 300])
        #expect(pending.nextDeadline() == 100)
        _ = pending.settle(Self.id(2))
        #expect(pending.nextDeadline() == 100)
        _ = pending.settle(Self.id(1))
        #expect(pending.nextDeadline() == 300)
        _ = pending.settle(Self.id(3))
        #expect(pending.nextDeadline() == nil)
    }

    @Test func `No more may wait than the maximum, and one that has ended makes room`() {
        var pending = Self.waiting([100, 200], maximum: 2)
        #expect(!Self.register(3, due: 300, in: &pending))
        #expect(pending.waitingCount == 2)
        #expect(pending.settle(Self.id(3)) == nil)
        _ = pending.settle(Self.id(1))
        #expect(Self.register(3, due: 300, in: &pending))
        #expect(!Self.register(4, due: 400, in: &pending))
        _ = pending.expire(now: 200)
        #expect(Self.register(4, due: 400, in: &pending))
    }

    @Test func `No more bytes may wait than the maximum, however they end, but a large message may wait alone`() {
        var pending = Self.waiting([])
        #expect(Self.register(1, due: 100, size: 600, in: &pending))
        #expect(!Self.register(2, due: 100, size: 401, in: &pending))
        #expect(Self.register(3, due: 200, size: 400, in: &pending))
        #expect(!Self.register(4, due: 200, size: 1, in: &pending))
        #expect(pending.waitingSize == 1_000)
        // What was refused holds nothing.
        #expect(pending.settle(Self.id(2)) == nil)
        #expect(pending.waitingSize == 1_000)
        _ = pending.settle(Self.id(1))
        _ = pending.settle(Self.id(1))
        #expect(pending.waitingSize == 400)
        _ = pending.expire(now: 200)
        #expect(pending.waitingSize == 0)
        #expect(Self.register(5, due: 300, size: 5_000, in: &pending))
        #expect(!Self.register(6, due: 300, size: 0, in: &pending))
        #expect(pending.end() == ["waiter 5"])
        #expect(pending.waitingSize == 0)
        #expect(Self.register(6, due: 300, size: 1_000, in: &pending))
    }

    @Test func `What waits is listed in the order of registration, to be published again`() {
        var pending = Self.waiting([100, 200, 300, 400])
        _ = pending.settle(Self.id(2))
        _ = pending.expire(now: 100)
        let first = pending.takeWaiting()
        #expect(first.map(\.message) == [3, 4])
        #expect(first.map(\.id) == [Self.id(3), Self.id(4)])
        #expect(pending.settle(Self.id(3)) == "waiter 3")
        let second = pending.takeWaiting()
        #expect(second.map(\.message) == [4])
    }

    @Test func `What was published in vain is published again once, if it still waits`() {
        var pending = Self.waiting([100, 100, 100, 100])
        var owes = [1, 2, 3, 9].map { pending.owe(Self.id($0)) }
        #expect(owes == [true, true, true, false])
        _ = pending.settle(Self.id(2))
        var owed = pending.takeOwed()
        #expect(owed.map(\.message) == [1, 3])
        owed = pending.takeOwed()
        #expect(owed.isEmpty)
        // With a new connection everything is published, owed or not.
        owes = [pending.owe(Self.id(4))]
        let waiting = pending.takeWaiting()
        #expect(waiting.map(\.message) == [1, 3, 4])
        owed = pending.takeOwed()
        #expect(owed.isEmpty)
    }

    @Test func `The end hands out every waiter once`() {
        var pending = Self.waiting([100, 200, 300])
        _ = pending.settle(Self.id(1))
        #expect(pending.end() == ["waiter 2", "waiter 3"])
        #expect(pending.end() == [])
        #expect(pending.waitingCount == 0)
        #expect(pending.nextDeadline() == nil)
        #expect(pending.settle(Self.id(2)) == nil)
    }

    @Test func `Whatever happens in whatever order, each message ends exactly once`() {
        var random = SeededGenerator(seed: 17)
        for _ in 0..<300 {
            var pending = Pending(maximumWaiting: 8, maximumSize: 1_000)
            var registered: [String] = []
            var ended: [String] = []
            var now = 0
            for number in 1...40 {
                now += Int.random(in: 0...20, using: &random)
                if Self.register(number, due: now + 100, in: &pending) { registered.append("waiter \(number)") }
                for _ in 0..<Int.random(in: 0...2, using: &random) {
                    let other = Int.random(in: 1...number, using: &random)
                    if let waiter = pending.settle(Self.id(other)) { ended.append(waiter) }
                }
                if Bool.random(using: &random) { ended += pending.expire(now: ScriptedInstant(now)) }
                #expect(pending.waitingCount == registered.count - ended.count)
                #expect(pending.waitingSize == pending.waitingCount)
            }
            ended += pending.end()
            #expect(ended.sorted() == registered.sorted())
        }
    }
}
