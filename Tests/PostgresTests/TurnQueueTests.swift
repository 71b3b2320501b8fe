import Testing

@testable import Postgres

@Suite struct TurnQueueTests {
    @Test func `turns are given one at a time in order`() {
        var turns = TurnQueue()
        turns.enqueue(1, owner: nil)
        turns.enqueue(2, owner: nil)
        #expect(turns.next() == 1)
        #expect(turns.next() == nil)
        turns.finished()
        #expect(turns.next() == 2)
    }

    @Test func `a transaction lets only its own requests through`() {
        var turns = TurnQueue()
        turns.enqueue(1, owner: nil, opens: 77)
        turns.enqueue(2, owner: nil)
        #expect(turns.next() == 1)
        turns.finished()
        #expect(turns.transaction == 77)
        #expect(turns.next() == nil)
        turns.enqueue(3, owner: 77)
        turns.enqueue(4, owner: 66)
        #expect(turns.next() == 3)
        turns.finished()
        #expect(turns.next() == nil)
        turns.close(transaction: 77)
        #expect(turns.next() == 2)
        turns.finished()
        // Its transaction is over, so it is like any other.
        #expect(turns.next() == 4)
    }

    @Test func `a withdrawn request has no turn`() {
        var turns = TurnQueue()
        turns.enqueue(1, owner: nil, opens: 77)
        #expect(turns.withdraw(1) == true)
        #expect(turns.withdraw(1) == false)
        #expect(turns.next() == nil)
        #expect(turns.transaction == nil)
    }

    @Test func `closing another transaction changes nothing`() {
        var turns = TurnQueue()
        turns.enqueue(1, owner: nil, opens: 77)
        _ = turns.next()
        turns.close(transaction: 76)
        #expect(turns.transaction == 77)
    }
}
