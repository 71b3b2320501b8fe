import DecisionCore
import Testing

@Suite struct EventIDGeneratorTests {
    /// Draws the same bits for ever.
    private struct ConstantGenerator: RandomNumberGenerator {
        let bits: UInt64
        mutating func next() -> UInt64 { bits }
    }

    @Test func `Ids of one millisecond count up by one`() {
        var random = SeededGenerator(seed: 7)
        var generator = EventIDGenerator()
        let first = generator.next(now: .example, using: &random)
        for step in 1...1_000 {
            let next = generator.next(now: .example, using: &random)
            #expect(next.high == first.high)
            #expect(next.low == first.low + UInt64(step))
        }
    }

    @Test func `A new millisecond draws new bits`() {
        var random = SeededGenerator(seed: 8)
        var generator = EventIDGenerator()
        let first = generator.next(now: .example, using: &random)
        let second = generator.next(now: .example.advanced(by: .milliseconds(1)), using: &random)
        #expect(first < second)
        #expect(second.timestamp.duration(since: first.timestamp) == .milliseconds(1))
        #expect(second.low != first.low + 1)
    }

    @Test func `While the clock is behind the last id, ids go on from it`() {
        var random = SeededGenerator(seed: 9)
        var generator = EventIDGenerator()
        var last = generator.next(now: .example, using: &random)
        for step in [Duration.milliseconds(-1), .seconds(-3_600), .seconds(-1), .zero] {
            let next = generator.next(now: .example.advanced(by: step), using: &random)
            #expect(last < next)
            #expect(next.timestamp == .example)
            last = next
        }
        let later = generator.next(now: .example.advanced(by: .seconds(1)), using: &random)
        #expect(later.timestamp == .example.advanced(by: .seconds(1)))
        #expect(last < later)
    }

    @Test func `Ids only ever go up, and none comes twice, whatever the clock does`() {
        var random = SeededGenerator(seed: 10)
        var generator = EventIDGenerator()
        var ids: [EventID] = []
        var now = Timestamp.example
        for _ in 0..<20_000 {
            now = now.advanced(by: .milliseconds(Int.random(in: -3...3, using: &random)))
            ids.append(generator.next(now: now, using: &random))
        }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        #expect(ids.allSatisfy { EventID($0.description) == $0 })
    }

    @Test func `When the counter is used up, the next millisecond is borrowed`() {
        var generator = EventIDGenerator(last: EventID(high: 1 << 16 | 0x7000, low: 0xBFFF_FFFF_FFFF_FFFE))
        var random = ConstantGenerator(bits: 0)
        let now = Timestamp(millisecondsSinceEpoch: 1)
        #expect(generator.next(now: now, using: &random) == EventID(high: 1 << 16 | 0x7000, low: 0xBFFF_FFFF_FFFF_FFFF))
        let next = generator.next(now: now, using: &random)
        #expect(next == EventID(high: 2 << 16 | 0x7000, low: 0x8000_0000_0000_0000))
        #expect(EventID(next.description) == next)
    }

    @Test func `A new millisecond leaves the counter half of its range`() {
        var generator = EventIDGenerator()
        var random = ConstantGenerator(bits: .max)
        let id = generator.next(now: .example, using: &random)
        #expect(id.high & 0xFFF == 0xFFF)
        #expect(id.low == 0x9FFF_FFFF_FFFF_FFFF)
    }

    @Test(arguments: [0, -1, Int64.min])
    func `A clock at or before 1970 makes ids of 1970`(milliseconds: Int64) {
        var random = SeededGenerator(seed: 11)
        var generator = EventIDGenerator()
        let first = generator.next(now: Timestamp(millisecondsSinceEpoch: milliseconds), using: &random)
        let second = generator.next(now: Timestamp(millisecondsSinceEpoch: milliseconds), using: &random)
        #expect(first.timestamp == Timestamp(millisecondsSinceEpoch: 0))
        #expect(first < second)
        #expect(EventID(first.description) == first)
        #expect(EventID(second.description) == second)
    }
}
