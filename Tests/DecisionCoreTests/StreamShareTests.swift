import DecisionCore
import Testing

@Suite struct StreamShareTests {
    /// Worked out by another program from the algorithm that is documented.
    private static let places: [(String, String, String, Int)] = [
        ("test.com", "test123", "teststream", 9_653),
        ("a", "b", "c", 6_968),
        ("ab", "c", "d", 4_113),
        ("a", "bc", "d", 5_234),
        ("live.example.com", "live", "room-1", 9_351),
        ("live.example.com", "live", "room-2", 3_675),
        ("日本.example", "app", "stream-é🎥", 5_489),
        ("*", "*", "*", 2_223),
        (
            String(repeating: "x", count: 255), String(repeating: "y", count: 255), String(repeating: "z", count: 255),
            3_552
        ),
        ("test.com", "test123", "s1129", 0),
        ("test.com", "test123", "s4381", 9_999),
    ]

    @Test(arguments: places)
    func `The place of a stream is what the algorithm says, on every machine`(
        domain: String,
        app: String,
        stream: String,
        place: Int
    ) throws {
        let event = StreamEvent.example(domain: domain, app: app, stream: stream)
        #expect(StreamShare.place(of: event) == place)
        #expect(try !#require(StreamShare(basisPoints: place)).contains(event))
        #expect(try #require(StreamShare(basisPoints: place + 1)).contains(event))
    }

    @Test func `Nothing but the three names has a say in it`() {
        let event = StreamEvent.example(bitrate: nil, codec: .h265)
        var other = StreamEvent.example(bitrate: 1, codec: nil)
        other.id = EventID(high: 1, low: 2)
        other.receivedAt = Timestamp(millisecondsSinceEpoch: 0)
        other.anomalies = EventAnomaly.allCases
        #expect(StreamShare.place(of: event) == StreamShare.place(of: other))
    }

    @Test func `None holds no stream, all holds every one`() throws {
        let (none, all) = try (#require(StreamShare(basisPoints: 0)), #require(StreamShare(basisPoints: 10_000)))
        for name in ["teststream", "s1129", "s4381"] {
            #expect(!none.contains(.example(stream: name)))
            #expect(all.contains(.example(stream: name)))
        }
    }

    @Test func `Raising a share only adds streams`() throws {
        let events = (0..<500).map { StreamEvent.example(stream: "room-\($0)") }
        var held: Set<StreamEvent> = []
        for basisPoints in stride(from: 0, through: 10_000, by: 25) {
            let share = try #require(StreamShare(basisPoints: basisPoints))
            let now = Set(events.filter(share.contains))
            #expect(held.isSubset(of: now))
            held = now
        }
        #expect(held.count == 500)
    }

    @Test(arguments: ["room-", "", "teacher/"])
    func `Ten thousand numbered streams are spread evenly`(prefix: String) {
        let places = (0..<10_000).map { StreamShare.place(of: .example(app: "live", stream: "\(prefix)\($0)")) }
        #expect(places.allSatisfy { (0...9_999).contains($0) })
        // Four standard deviations of a fair draw: one in 16,000 shares would miss by more.
        for percent in [1, 5, 10, 25, 50, 75, 90, 99] {
            let held = places.count { $0 < percent * 100 }
            let deviation = Double(held - percent * 100)
            #expect(deviation * deviation <= 16 * Double(percent * (100 - percent)), "\(percent) % hold \(held)")
        }
        // One in 1,000 fair draws into 100 drawers is as uneven as 148.
        var drawers = Array(repeating: 0, count: 100)
        for place in places { drawers[place / 100] += 1 }
        let unevenness = drawers.reduce(0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
        #expect(unevenness < 148)
    }

    @Test(
        arguments: [
            ("0", 0, "0"), ("100", 10_000, "100"), ("12.5", 1_250, "12.5"), ("12.50", 1_250, "12.5"),
            ("0.01", 1, "0.01"), ("0.1", 10, "0.1"), ("99.99", 9_999, "99.99"), ("7.00", 700, "7"), ("7.0", 700, "7"),
            ("007", 700, "7"), ("100.00", 10_000, "100"), ("33.07", 3_307, "33.07"),
        ]
    )
    func `A percentage with two decimals at most is read`(text: String, basisPoints: Int, printed: String) throws {
        let share = try #require(StreamShare(text))
        #expect(share.basisPoints == basisPoints)
        #expect(share.description == printed)
    }

    @Test(arguments: [
        "", ".", "5.", ".5", "12.345", "12,5", "-1", "+1", "-0", "1e1", "0x1", " 1", "1 ", "1%", "1.2.3", "1..2",
        "100.01", "101", "1000", "0000", "99999999999999999999", "five", "٥", "1.٥", "1.-5", "1.+5", "5\u{301}",
    ])
    func `Anything else is refused`(text: String) {
        #expect(StreamShare(text) == nil)
    }

    @Test func `Every share is read back from what it prints`() throws {
        for basisPoints in 0...10_000 {
            let share = try #require(StreamShare(basisPoints: basisPoints))
            #expect(StreamShare(share.description) == share)
        }
    }

    @Test(arguments: [-1, 10_001, .min, .max])
    func `There is no share out of range`(basisPoints: Int) {
        #expect(StreamShare(basisPoints: basisPoints) == nil)
    }
}
