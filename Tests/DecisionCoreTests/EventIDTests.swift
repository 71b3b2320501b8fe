import DecisionCore
import Testing

@Suite struct EventIDTests {
    private static let id = EventID(high: 0x0190_A1B2_C3D4_7E5F, low: 0x8123_4567_89AB_CDEF)
    private static let text = "0190a1b2-c3d4-7e5f-8123-456789abcdef"

    @Test func `The text form has its digits in the usual places, in lower case`() {
        #expect(Self.id.description == Self.text)
        #expect(Self.text.utf8.count == EventID.textLength)
    }

    @Test func `The text form is read in either case`() {
        #expect(EventID(Self.text) == Self.id)
        #expect(EventID(Self.text.uppercased()) == Self.id)
        #expect(EventID(Self.text.uppercased())?.description == Self.text)
    }

    @Test func `Whatever has been made is read back`() {
        var random = SeededGenerator(seed: 5)
        var generator = EventIDGenerator()
        for _ in 0..<10_000 {
            let now = Timestamp(millisecondsSinceEpoch: Int64.random(in: 0..<1 << 48, using: &random))
            let id = generator.next(now: now, using: &random)
            #expect(EventID(id.description) == id)
            generator = EventIDGenerator()
        }
    }

    @Test(arguments: 0...15)
    func `Only version 7 is read`(version: Int) {
        let text = "0190a1b2-c3d4-\(String(version, radix: 16))e5f-8123-456789abcdef"
        #expect((EventID(text) != nil) == (version == 7))
    }

    @Test(arguments: 0...15)
    func `Only the variant of RFC 9562 is read`(digit: Int) {
        let text = "0190a1b2-c3d4-7e5f-\(String(digit, radix: 16))123-456789abcdef"
        #expect((EventID(text) != nil) == (8...11).contains(digit))
    }

    @Test(arguments: [
        "",
        "0190a1b2c3d47e5f8123456789abcdef",
        "0190a1b2-c3d4-7e5f-8123-456789abcde",
        "0190a1b2-c3d4-7e5f-8123-456789abcdef0",
        "{0190a1b2-c3d4-7e5f-8123-456789abcdef}",
        "0190a1b2_c3d4-7e5f-8123-456789abcdef",
        "0190a1b2-c3d4-7e5f-8123-456789abcdeg",
        "0190a1b2-c3d4-7e5f-8123-456789abcde ",
        "0190a1b2-c3d4-7e5f8-123-456789abcdef",
        "-190a1b2-c3d4-7e5f-8123-456789abcdef",
        "0190a1b2-c3d4-7e5f-8123-456789abcd\u{E9}",
    ])
    func `Anything else is refused`(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test func `The id holds the millisecond that it was made in`() {
        #expect(Self.id.timestamp == Timestamp(millisecondsSinceEpoch: 0x0190_A1B2_C3D4))
    }

    @Test func `Ids and their texts sort alike, by time first`() {
        var random = SeededGenerator(seed: 6)
        var ids: [EventID] = []
        for _ in 0..<1_000 {
            var generator = EventIDGenerator()
            let now = Timestamp(millisecondsSinceEpoch: Int64.random(in: 0..<50, using: &random))
            ids.append(generator.next(now: now, using: &random))
        }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
        let times = ids.sorted().map(\.timestamp)
        #expect(times == times.sorted())
    }
}
