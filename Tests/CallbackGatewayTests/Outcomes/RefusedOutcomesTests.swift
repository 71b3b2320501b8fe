import DecisionCore
import Testing

@testable import CallbackGateway

@Suite struct RefusedOutcomesTests {
    private static func id(_ number: UInt64) -> EventID {
        EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63 | number)
    }

    private static func outcome(_ number: UInt64, bytes: Int = 500) -> RefusedOutcome {
        RefusedOutcome(id: id(number), cause: "decided", record: [UInt8](repeating: 0x20, count: bytes))
    }

    @Test func `One who takes is enough, and is needed again when nothing was left`() {
        var refused = RefusedOutcomes()
        #expect(refused.append(Self.outcome(1)) == true)
        #expect(refused.append(Self.outcome(2)) == false)
        #expect(refused.take() == [Self.outcome(1), Self.outcome(2)])
        // What comes while a message is on its way is of the next one.
        #expect(refused.append(Self.outcome(3)) == false)
        #expect(refused.take() == [Self.outcome(3)])
        #expect(refused.take() == nil)
        #expect(refused.append(Self.outcome(4)) == true)
        #expect(refused.take() == [Self.outcome(4)])
    }

    @Test func `A message has so many, in order`() {
        var refused = RefusedOutcomes()
        for number in UInt64(0)..<600 { _ = refused.append(Self.outcome(number)) }
        var taken: [[RefusedOutcome]] = []
        while let next = refused.take() { taken.append(next) }
        #expect(taken.map(\.count) == [256, 256, 88])
        #expect(taken.joined().map(\.id) == (UInt64(0)..<600).map(Self.id))
    }

    @Test func `A message has so many bytes, or a single one that is longer`() {
        var refused = RefusedOutcomes()
        let limit = RefusedOutcomes.maximumBytes
        for bytes in [limit - 1, 1, 1, limit + 1, 1] { _ = refused.append(Self.outcome(1, bytes: bytes)) }
        var taken: [[Int]] = []
        while let next = refused.take() { taken.append(next.map(\.record.count)) }
        #expect(taken == [[limit - 1, 1], [1], [limit + 1], [1]])
    }
}
