import Testing

@testable import AuditTrail

@Suite struct StreamPositionTests {
    /// Hands out messages, and says which of them are to be read.
    private func read(_ offsets: [Int64], _ position: inout StreamPosition) -> [Int64] {
        var read: [Int64] = []
        for offset in offsets where position.received(offset) { read.append(offset) }
        return read
    }

    @Test func `Reading begins at the last message that was read, which is skipped`() {
        var position = StreamPosition(next: 7)
        #expect(position.first == 6)
        #expect(!position.isConfirmed)
        let read = read([6, 7, 8], &position)
        #expect(read == [7, 8])
        #expect(position.isConfirmed)
        #expect(position.next == 9)
        #expect(position.missed == 0)
    }

    @Test func `A stream of which nothing was read is read from its beginning`() {
        var position = StreamPosition(next: 0)
        #expect(position.first == 0)
        #expect(position.isConfirmed)
        let read = read([0], &position)
        #expect(read == [0])
        #expect(position.next == 1)
        #expect(position.missed == 0)
    }

    @Test func `What a whole chunk brings along from before the place is skipped`() {
        var position = StreamPosition(next: 7)
        let read = read([3, 4, 5, 6, 7, 8, 9], &position)
        #expect(read == [7, 8, 9])
        #expect(position.next == 10)
        #expect(position.missed == 0)
    }

    @Test func `What was removed before it was read is counted once`() {
        var position = StreamPosition(next: 7)
        let first = read([20, 21], &position)
        #expect(first == [20, 21])
        #expect(position.missed == 13)
        position.accountedForMissed()
        let second = read([22], &position)
        #expect(second == [22])
        #expect(position.missed == 0)
        #expect(position.next == 23)
    }

    @Test func `A beginning that was removed before anybody read it is missed too`() {
        var position = StreamPosition(next: 0)
        let read = read([5], &position)
        #expect(read == [5])
        #expect(position.missed == 5)
    }

    @Test func `When only what was read has been removed, nothing is missed`() {
        var position = StreamPosition(next: 7)
        let read = read([7], &position)
        #expect(read == [7])
        #expect(position.missed == 0)
    }

    @Test func `An offset that the broker keeps for itself is no message that is missed`() {
        var position = StreamPosition(next: 7)
        let read = read([6, 9, 11], &position)
        #expect(read == [9, 11])
        #expect(position.missed == 0)
        #expect(position.next == 12)
    }

    @Test func `A message that comes again is not read again`() {
        var position = StreamPosition(next: 0)
        let read = read([0, 1, 1, 0, 2], &position)
        #expect(read == [0, 1, 2])
        #expect(position.next == 3)
    }
}
