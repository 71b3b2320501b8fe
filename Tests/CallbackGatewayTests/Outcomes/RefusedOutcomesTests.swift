import DecisionCore
import TestSupport
import Testing

@testable import CallbackGateway

@Suite struct RefusedOutcomesTests {
    private typealias Refused = RefusedOutcomes<ScriptedInstant>

    private static func id(_ number: Int) -> EventID {
        EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63 | UInt64(number))
    }

    private static func outcome(
        _ number: Int,
        bytes: Int = 500,
        deadline: ScriptedInstant = 1_000
    ) -> RefusedOutcome<ScriptedInstant> {
        RefusedOutcome(
            id: id(number),
            cause: "decided",
            record: [UInt8](repeating: 0x20, count: bytes),
            deadline: deadline
        )
    }

    /// The numbers of the events in a message.
    private static func ids(_ outcomes: [RefusedOutcome<ScriptedInstant>]?) -> [EventID]? {
        outcomes?.map(\.id)
    }

    @Test func `One who takes is enough, and is needed again when nothing was left`() {
        var refused = Refused(maximumBytes: 1 << 20)
        #expect(refused.append(Self.outcome(1)) == .needsTaker)
        #expect(refused.append(Self.outcome(2)) == .waits)
        #expect(Self.ids(refused.take(now: 0)?.message) == [1, 2].map(Self.id))
        // What comes while a message is on its way is of the next one.
        #expect(refused.append(Self.outcome(3)) == .waits)
        #expect(Self.ids(refused.take(now: 0)?.message) == [Self.id(3)])
        #expect(refused.take(now: 0) == nil)
        #expect(refused.append(Self.outcome(4)) == .needsTaker)
        #expect(Self.ids(refused.take(now: 0)?.message) == [Self.id(4)])
    }

    @Test func `A message has so many, in order`() {
        var refused = Refused(maximumBytes: 1 << 20)
        for number in 0..<600 { #expect(refused.append(Self.outcome(number)) != .refused) }
        var taken: [[EventID]] = []
        while let next = refused.take(now: 0) { taken.append(next.message.map(\.id)) }
        #expect(taken.map(\.count) == [256, 256, 88])
        #expect(Array(taken.joined()) == (0..<600).map(Self.id))
    }

    @Test func `A message has so many bytes, or a single one that is longer`() {
        var refused = Refused(maximumBytes: 1 << 30)
        let limit = Refused.messageBytes
        for bytes in [limit - 1, 1, 1, limit + 1, 1] {
            #expect(refused.append(Self.outcome(1, bytes: bytes)) != .refused)
        }
        var taken: [[Int]] = []
        while let next = refused.take(now: 0) { taken.append(next.message.map(\.record.count)) }
        #expect(taken == [[limit - 1, 1], [1], [limit + 1], [1]])
    }

    @Test func `What waits is bounded, and what was taken makes room`() {
        var refused = Refused(maximumBytes: 1_000)
        #expect(refused.append(Self.outcome(1)) == .needsTaker)
        #expect(refused.append(Self.outcome(2)) == .waits)
        #expect(refused.append(Self.outcome(3, bytes: 1)) == .refused)
        #expect(Self.ids(refused.take(now: 0)?.message) == [1, 2].map(Self.id))
        #expect(refused.append(Self.outcome(4, bytes: 1_000)) == .waits)
        #expect(refused.append(Self.outcome(5, bytes: 1)) == .refused)
    }

    @Test func `Those whose time is over are given up, and make room, too`() {
        var refused = Refused(maximumBytes: 1_500)
        for (number, deadline) in [(1, 10), (2, 20), (3, 30)] as [(Int, ScriptedInstant)] {
            #expect(refused.append(Self.outcome(number, deadline: deadline)) != .refused)
        }
        let batch = refused.take(now: 20)
        #expect(Self.ids(batch?.over) == [1, 2].map(Self.id))
        #expect(Self.ids(batch?.message) == [Self.id(3)])
        #expect(refused.append(Self.outcome(4, bytes: 1_500, deadline: 40)) == .waits)
        #expect(Self.ids(refused.take(now: 40)?.over) == [Self.id(4)])
        #expect(refused.take(now: 40) == nil)
    }
}
