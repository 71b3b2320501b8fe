import DecisionCore
import Testing

@Suite struct BitrateRangeTests {
    @Test(
        arguments: [
            (1_000, 2_000, [1_000, 1_001, 2_000], [0, 999, 2_001, .max, -1]),
            (1_000, nil, [1_000, 2_147_483_647, .max], [999, 0, .min]),
            (nil, 2_000, [0, 2_000], [2_001, -1, .min]),
            (0, 0, [0], [1, -1]),
            (7, 7, [7], [6, 8]),
            (0, 2_147_483_647, [0, 2_147_483_647], [-1, 2_147_483_648]),
        ] as [(Int?, Int?, [Int], [Int])]
    )
    func `Both ends belong to the range`(minimum: Int?, maximum: Int?, inside: [Int], outside: [Int]) throws {
        let range = try #require(BitrateRange(minimum: minimum, maximum: maximum))
        #expect(range.minimum == minimum)
        #expect(range.maximum == maximum)
        #expect(inside.allSatisfy { range.contains($0) })
        #expect(!outside.contains { range.contains($0) })
    }

    @Test(arguments: [(0, 2_147_483_647), (0, nil), (nil, 2_147_483_647)] as [(Int?, Int?)])
    func `A bit rate that is not known is in no range`(minimum: Int?, maximum: Int?) throws {
        #expect(try !#require(BitrateRange(minimum: minimum, maximum: maximum)).contains(nil))
    }

    @Test(
        arguments: [
            (nil, nil), (2, 1), (-1, nil), (nil, -1), (-2, -1), (2_147_483_648, nil), (nil, 2_147_483_648),
            (.min, .max), (1, .max),
        ] as [(Int?, Int?)]
    )
    func `A range without limits, with limits out of bounds or the wrong way round is none`(
        minimum: Int?,
        maximum: Int?
    ) {
        #expect(BitrateRange(minimum: minimum, maximum: maximum) == nil)
    }

    @Test func `The text leaves out what is not limited`() {
        #expect(BitrateRange(minimum: 1_000, maximum: 2_000)?.description == "1000..2000 kbit/s")
        #expect(BitrateRange(minimum: 1_000, maximum: nil)?.description == "1000.. kbit/s")
        #expect(BitrateRange(minimum: nil, maximum: 0)?.description == "..0 kbit/s")
    }
}
