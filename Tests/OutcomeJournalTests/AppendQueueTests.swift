import Testing

@testable import OutcomeJournal

/// Scripts of a state machine; a waiter is a text.
@Suite struct AppendQueueTests {
    private typealias Queue = AppendQueue<String, ScriptedInstant>

    /// A queue of records with these waiters, due every 10 ms.
    private static func queue(_ waiters: [String?], maximumBytes: Int = 1 << 20) -> Queue {
        var queue = Queue(maximumBytes: maximumBytes)
        for (index, waiter) in waiters.enumerated() {
            let deadline = (0 as ScriptedInstant).advanced(by: .milliseconds(10 * (index + 1)))
            #expect(queue.offer(record(index), waiter: waiter, deadline: deadline) == nil)
        }
        return queue
    }

    @Test func `Everything that is queued is taken, in order, and settled once`() {
        var queue = Self.queue(["a", "b", nil])
        #expect(queue.count == 3)
        #expect(queue.take() == [record(0), record(1), record(2)])
        #expect(queue.count == 3)
        #expect(queue.settle(2) == [.inTime("a"), .inTime("b")])
        #expect(queue.settle(1) == [.unwatched])
        #expect(queue.count == 0)
        #expect(queue.bytes == 0)
        #expect(queue.take() == nil)
    }

    @Test func `What is queued during a write is of the next one`() {
        var queue = Self.queue(["a"])
        #expect(queue.take() == [record(0)])
        #expect(queue.offer(record(1), waiter: "b", deadline: 20) == nil)
        #expect(queue.settle(1) == [.inTime("a")])
        #expect(queue.take() == [record(1)])
        #expect(queue.settle(1) == [.inTime("b")])
    }

    @Test func `A deadline ends a wait, and the end of the record is a late one`() {
        var queue = Self.queue(["a", "b", "c"])
        #expect(queue.nextDeadline() == 10)
        #expect(queue.expire(now: 9) == [])
        #expect(queue.expire(now: 20) == ["a", "b"])
        #expect(queue.expire(now: 20) == [])
        #expect(queue.nextDeadline() == 30)
        #expect(queue.take()?.count == 3)
        #expect(queue.settle(3) == [.late("a"), .late("b"), .inTime("c")])
        #expect(queue.nextDeadline() == nil)
    }

    @Test func `A deadline ends a wait while the record is being written`() {
        var queue = Self.queue(["a", "b"])
        #expect(queue.take()?.count == 2)
        #expect(queue.settle(1) == [.inTime("a")])
        #expect(queue.expire(now: 100) == ["b"])
        #expect(queue.settle(1) == [.late("b")])
    }

    @Test func `Deadlines are right after some of the expired records are settled`() {
        var queue = Self.queue(["a", "b", "c", "d"])
        #expect(queue.expire(now: 20) == ["a", "b"])
        #expect(queue.take()?.count == 4)
        #expect(queue.settle(1) == [.late("a")])
        #expect(queue.nextDeadline() == 30)
        #expect(queue.expire(now: 30) == ["c"])
        #expect(queue.settle(3) == [.late("b"), .late("c"), .inTime("d")])
        #expect(queue.offer(record(9), waiter: "e", deadline: 50) == nil)
        #expect(queue.nextDeadline() == 50)
        #expect(queue.expire(now: 50) == ["e"])
    }

    @Test func `Nobody waits for records without a waiter`() {
        var queue = Self.queue([nil, nil])
        #expect(queue.nextDeadline() == nil)
        #expect(queue.expire(now: 100) == [])
        #expect(queue.take()?.count == 2)
        #expect(queue.settle(2) == [.unwatched, .unwatched])
    }

    @Test func `More bytes than may wait are refused, until some are settled`() {
        let size = record(0).count + Queue.overheadBytes
        var queue = Self.queue(["a", "b"], maximumBytes: 2 * size)
        #expect(queue.offer([], waiter: "c", deadline: 30) == .queueFull)
        #expect(queue.take()?.count == 2)
        #expect(queue.offer([], waiter: "c", deadline: 30) == .queueFull)
        #expect(queue.settle(1) == [.inTime("a")])
        #expect(queue.offer(record(2), waiter: "c", deadline: 30) == nil)
        #expect(queue.refusedCount == 2)
    }

    @Test func `A record that is too long is refused`() {
        var queue = Queue(maximumBytes: 1 << 30)
        let limit = RecordFormat.maximumPayloadBytes
        #expect(queue.offer([UInt8](repeating: 0, count: limit), waiter: "a", deadline: 10) == nil)
        let tooLong = [UInt8](repeating: 0, count: limit + 1)
        #expect(queue.offer(tooLong, waiter: "b", deadline: 10) == .recordTooLong(bytes: limit + 1))
    }

    @Test func `A closed queue takes no records, and hands out those that it has`() {
        var queue = Self.queue(["a"])
        queue.close()
        #expect(queue.offer(record(1), waiter: "b", deadline: 20) == .closed)
        #expect(queue.take() == [record(0)])
        #expect(queue.settle(1) == [.inTime("a")])
    }
}
