import DecisionCore
import Testing

@testable import StreamReading

@Suite struct StreamEndTests {
    private static let to = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
    private static let window = CallbackWindow(from: to.advanced(by: .seconds(-60)), to: to)

    @Test func `An empty stream has ended`() {
        #expect(StreamEnd(.window(Self.window), lastOffset: nil).isReached)
    }

    @Test func `The last message is the end, whatever it is`() {
        var end = StreamEnd(.window(Self.window), lastOffset: 7)
        end.received(6, time: Self.window.from)
        #expect(!end.isReached)
        end.received(7, time: nil)
        #expect(end.isReached)
    }

    @Test func `A message well behind the window is the end, one that may be out of order is not`() {
        var end = StreamEnd(.window(Self.window), lastOffset: 1_000, writtenLater: 1)
        end.received(1, time: Self.to)
        end.received(2, time: Self.to.advanced(by: .milliseconds(29_999)))
        end.received(3, time: nil)
        #expect(!end.isReached)
        end.received(4, time: Self.to.advanced(by: .seconds(30)))
        #expect(end.isReached)
    }

    @Test func `A message from well behind the window that was written in it is of a clock that is wrong`() {
        var end = StreamEnd(.window(Self.window), lastOffset: 1_000, writtenLater: 9)
        end.received(3, time: Self.to.advanced(by: .seconds(86_400)))
        end.received(8, time: Self.to.advanced(by: .seconds(30)))
        #expect(!end.isReached)
        // The broker keeps notes of its own, so an offset may be left out.
        end.received(10, time: Self.to.advanced(by: .seconds(30)))
        #expect(end.isReached)
        var unknown = StreamEnd(.window(Self.window), lastOffset: 1_000)
        unknown.received(3, time: Self.to.advanced(by: .seconds(86_400)))
        #expect(!unknown.isReached)
    }

    @Test func `Offsets end before their upper bound, whatever the time`() {
        var end = StreamEnd(.offsets(5..<8), lastOffset: 1_000)
        end.received(5, time: Self.to.advanced(by: .seconds(3_600)))
        end.received(6, time: nil)
        #expect(!end.isReached)
        end.received(7, time: nil)
        #expect(end.isReached)
        #expect(StreamEnd(.offsets(5..<5), lastOffset: 1_000).isReached)
    }

    @Test func `Silence is an end only before the first message`() {
        var never = StreamEnd(.window(Self.window), lastOffset: 7)
        never.fellSilent()
        #expect(never.isReached)
        var midway = StreamEnd(.window(Self.window), lastOffset: 7)
        midway.received(3, time: nil)
        midway.fellSilent()
        #expect(!midway.isReached)
    }
}
