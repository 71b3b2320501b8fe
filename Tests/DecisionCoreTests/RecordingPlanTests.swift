import DecisionCore
import Testing

@Suite struct RecordingPlanTests {
    @Test(
        arguments: [
            ([], []),
            ([.m3u8, .mp4], [.mp4, .m3u8]),
            ([.m3u8, .flv, .mp4], [.mp4, .flv, .m3u8]),
            ([.flv], [.flv]),
        ] as [([RecordFormat], [RecordFormat])]
    )
    func `Formats are put into the order MP4, FLV, M3U8`(given: [RecordFormat], kept: [RecordFormat]) throws {
        #expect(try RecordingPlan(formats: given).formats == kept)
    }

    @Test func `A plan without formats and intervals is the template`() throws {
        #expect(try RecordingPlan(formats: []) == .template)
    }

    @Test(arguments: RecordFormat.allCases, [5, 6, 300, 21_599, 21_600])
    func `Intervals that the platform accepts are kept`(format: RecordFormat, seconds: Int) throws {
        #expect(try RecordingPlan(formats: [format], intervals: [format: seconds]).intervals == [format: seconds])
        #expect(try RecordingPlan(formats: [], intervals: [format: seconds]).intervals == [format: seconds])
    }

    @Test(arguments: RecordFormat.allCases, [4, 21_601, 0, -5, .min, .max])
    func `Intervals that the platform does not accept are refused, with the range`(
        format: RecordFormat,
        seconds: Int
    ) throws {
        let error = try #require(throws: RecordingPlanError.self) {
            try RecordingPlan(formats: [format], intervals: [format: seconds])
        }
        #expect(
            "\(error)" == "the interval of \(format.rawValue) is \(seconds) s; the platform accepts 5 to 21600 s"
        )
    }

    @Test func `A format that is named twice is refused`() throws {
        let error = try #require(throws: RecordingPlanError.self) { try RecordingPlan(formats: [.mp4, .flv, .mp4]) }
        #expect("\(error)" == "a format is named twice")
    }

    @Test func `An interval for a format that is not recorded is refused`() throws {
        let error = try #require(throws: RecordingPlanError.self) {
            try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300, .m3u8: 30])
        }
        #expect("\(error)" == "there is an interval for m3u8, which is not among the formats to record")
    }

    @Test func `Formats and interval keys are spelled as the platform spells them`() {
        #expect(RecordFormat.allCases.map(\.rawValue) == ["mp4", "flv", "m3u8"])
        #expect(RecordFormat.allCases.map { "\($0.intervalKey)" } == ["Mp4", "Flv", "M3U8"])
    }
}
