import DecisionCore
import TestSupport
import Testing

@testable import EventReplay

@Suite struct ReplayFlightTests {
    private typealias Flight = ReplayFlight<Int, ScriptedInstant>

    private static func at(_ milliseconds: Int) -> ScriptedInstant {
        ScriptedInstant(milliseconds)
    }

    private static func flight(rate: Int = 10, capacity: Int = 3) -> Flight {
        Flight(rate: rate, capacity: capacity, patience: .seconds(4), now: at(0))
    }

    private static func id(_ number: Int) -> EventID { EventID(high: 0x7000, low: 1 << 63 | UInt64(number)) }

    @Test func `Events are sent one interval after the other`() {
        var flight = Self.flight()
        #expect(flight.turn(now: Self.at(0)) == .now)
        flight.sent(Self.id(1), 1, now: Self.at(0))
        #expect(flight.turn(now: Self.at(0)) == .at(Self.at(100)))
        #expect(flight.turn(now: Self.at(99)) == .at(Self.at(100)))
        #expect(flight.turn(now: Self.at(100)) == .now)
    }

    @Test func `A little lateness is made up for, a long one is not`() {
        var flight = Self.flight()
        flight.sent(Self.id(1), 1, now: Self.at(0))
        flight.sent(Self.id(2), 2, now: Self.at(150))
        #expect(flight.turn(now: Self.at(150)) == .at(Self.at(200)))
        _ = flight.ended(Self.id(1), now: Self.at(160))
        _ = flight.ended(Self.id(2), now: Self.at(160))
        flight.sent(Self.id(3), 3, now: Self.at(5_000))
        flight.sent(Self.id(4), 4, now: Self.at(5_000))
        #expect(flight.turn(now: Self.at(5_000)) == .at(Self.at(5_100)))
    }

    @Test func `No more are on their way than there is room for`() {
        var flight = Self.flight(rate: 1_000_000, capacity: 2)
        flight.sent(Self.id(1), 1, now: Self.at(0))
        flight.sent(Self.id(2), 2, now: Self.at(1))
        #expect(flight.turn(now: Self.at(2)) == .whenOneEnds)
        #expect(flight.ended(Self.id(1), now: Self.at(5))?.passenger == 1)
        #expect(flight.turn(now: Self.at(5)) == .now)
        #expect(!flight.isEmpty)
    }

    @Test func `An event ends once, and says how long it took`() {
        var flight = Self.flight()
        flight.sent(Self.id(1), 1, now: Self.at(0))
        #expect(flight.ended(Self.id(1), now: Self.at(12))?.time == .milliseconds(12))
        #expect(flight.ended(Self.id(1), now: Self.at(13)) == nil)
        #expect(flight.ended(Self.id(2), now: Self.at(13)) == nil)
        #expect(flight.isEmpty)
        #expect(flight.expired(now: Self.at(9_000)).isEmpty)
    }

    @Test func `Replies that take too long are given up, the oldest first`() {
        var flight = Self.flight(capacity: 10)
        for number in 1...4 { flight.sent(Self.id(number), number, now: Self.at(number * 1_000)) }
        _ = flight.ended(Self.id(2), now: Self.at(4_500))
        #expect(flight.expired(now: Self.at(4_999)).isEmpty)
        #expect(flight.expired(now: Self.at(7_000)) == [1, 3])
        #expect(flight.ended(Self.id(3), now: Self.at(7_001)) == nil)
        #expect(flight.expired(now: Self.at(8_000)) == [4])
        #expect(flight.isEmpty)
    }

    @Test func `After a pause nothing is made up for`() {
        var flight = Self.flight()
        flight.pause(for: .seconds(1), now: Self.at(500))
        #expect(flight.turn(now: Self.at(1_499)) == .at(Self.at(1_500)))
        flight.sent(Self.id(1), 1, now: Self.at(1_500))
        #expect(flight.turn(now: Self.at(1_500)) == .at(Self.at(1_600)))
    }

    @Test func `Many events leave nothing behind`() {
        var flight = Self.flight(rate: 1_000, capacity: 64)
        for number in 0..<10_000 {
            flight.sent(Self.id(number), number, now: Self.at(number))
            if number >= 10 { _ = flight.ended(Self.id(number - 10), now: Self.at(number)) }
            #expect(flight.expired(now: Self.at(number)).isEmpty)
        }
        #expect(flight.expired(now: Self.at(20_000)) == Array(9_990..<10_000))
        #expect(flight.isEmpty)
    }
}
