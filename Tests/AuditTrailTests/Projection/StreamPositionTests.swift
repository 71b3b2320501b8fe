import AMQP
import Testing

@testable import AuditTrail

@Suite struct StreamPositionTests {
    /// Hands out messages of a stream, and says which of them are to be read.
    private func read(
        _ offsets: [Int64],
        _ position: inout StreamPosition,
        of stream: String = "s"
    ) throws(AuditorError) -> [Int64] {
        var read: [Int64] = []
        for offset in offsets {
            if try position.received(offset, name: "\(stream)\(offset)") { read.append(offset) }
        }
        return read
    }

    @Test func `Reading begins at the last message that was read, which is skipped`() throws {
        var position = StreamPosition(next: 7, lastMessage: "s6")
        #expect(position.first == 6)
        #expect(!position.isConfirmed)
        let read = try read([6, 7, 8], &position)
        #expect(read == [7, 8])
        #expect(position.isConfirmed)
        #expect(position.next == 9)
        #expect(position.lastMessage == "s8")
        #expect(position.missed == 0)
    }

    @Test func `A stream of which nothing was read is read from its beginning`() throws {
        var position = StreamPosition.beginning
        #expect(position.first == 0)
        #expect(position.isConfirmed)
        let read = try read([0], &position)
        #expect(read == [0])
        #expect(position.next == 1)
        #expect(position.missed == 0)
    }

    @Test func `What a whole chunk brings along from before the place is skipped`() throws {
        var position = StreamPosition(next: 7, lastMessage: "s6")
        let read = try read([3, 4, 5, 6, 7, 8, 9], &position)
        #expect(read == [7, 8, 9])
        #expect(position.next == 10)
        #expect(position.missed == 0)
    }

    @Test func `Where a read begins once more, nothing before it is missed`() throws {
        var position = StreamPosition(next: 7, lastMessage: nil)
        #expect(!position.isConfirmed)
        let read = try read([6, 9, 10], &position)
        #expect(read == [9, 10])
        #expect(position.missed == 0)
        #expect(position.next == 11)
        #expect(position.lastMessage == "s10")
    }

    @Test func `What was removed before it was read is counted once`() throws {
        var position = StreamPosition(next: 7, lastMessage: "s6")
        let first = try read([20, 21], &position)
        #expect(first == [20, 21])
        #expect(position.missed == 13)
        position.accountedForMissed()
        let second = try read([22], &position)
        #expect(second == [22])
        #expect(position.missed == 0)
        #expect(position.next == 23)
    }

    @Test func `A beginning that was removed before anybody read it is missed too`() throws {
        var position = StreamPosition.beginning
        let read = try read([5], &position)
        #expect(read == [5])
        #expect(position.missed == 5)
    }

    @Test func `When only what was read has been removed, nothing is missed`() throws {
        var position = StreamPosition(next: 7, lastMessage: "s6")
        let read = try read([7], &position)
        #expect(read == [7])
        #expect(position.missed == 0)
    }

    @Test func `An offset that the broker keeps for itself is no message that is missed`() throws {
        var position = StreamPosition(next: 7, lastMessage: "s6")
        let read = try read([6, 9, 11], &position)
        #expect(read == [9, 11])
        #expect(position.missed == 0)
        #expect(position.next == 12)
    }

    @Test func `A message that comes again is not read again`() throws {
        var position = StreamPosition.beginning
        let read = try read([0, 1, 1, 0, 2], &position)
        #expect(read == [0, 1, 2])
        #expect(position.next == 3)
    }

    @Test func `Another message at the place of the last one that was read says that it is another stream`() throws {
        for offsets: [Int64] in [[6, 7, 8], [4, 5, 6, 7], [6]] {
            var position = StreamPosition(next: 7, lastMessage: "s6")
            let error = #expect(throws: AuditorError.self) { try read(offsets, &position, of: "other") }
            #expect(error == AuditorError(.streamBegunAnew, "offset 6 holds another message"))
            #expect(position.next == 7)
        }
    }

    @Test func `What comes before the last message that was read is not compared`() throws {
        var position = StreamPosition(next: 7, lastMessage: "s6")
        let read = try read([3, 4, 5], &position, of: "other")
        #expect(read.isEmpty)
        #expect(position.lastMessage == "s6")
    }

    @Test func `A place without a name is taken at its word`() throws {
        var position = StreamPosition(next: 7, lastMessage: nil)
        let read = try read([6, 7], &position)
        #expect(read == [7])
        #expect(position.lastMessage == "s7")
    }

    @Test func `A message is known by its id, or else by its time and offset`() {
        func name(_ id: String?, _ timestamp: Int? = nil) -> String {
            StreamPosition.name(of: AMQPProperties(messageID: id, timestamp: timestamp), at: 6)
        }
        #expect(name("id", 5) == "id")
        #expect(name(nil, 5) == "5/6")
        #expect(name("", 5) == "5/6")
        // PostgreSQL would not take it.
        #expect(name("a\0b", 5) == "5/6")
        #expect(name(nil) == "/6")
    }
}
