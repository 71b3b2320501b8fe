import CallbackGateway
import DecisionCore
import Foundation
import Testing

@Suite struct AnswerTests {
    private func text(_ verdict: Decision.Verdict) -> String {
        String(decoding: Answer.body(for: verdict), as: UTF8.self)
    }

    @Test func `A plain no and a plain yes say nothing more`() {
        #expect(text(.skip) == #"{"ApiVersion":"1.0","NeedRecord":false}"#)
        #expect(text(.record(.template)) == #"{"ApiVersion":"1.0","NeedRecord":true}"#)
    }

    @Test func `A plan with a format and an interval is said in full`() throws {
        let plan = try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])
        #expect(
            text(.record(plan))
                == #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#
        )
    }

    @Test func `The keys and their order are those of the documented example`() throws {
        let intervals: [RecordFormat: Int] = [.m3u8: 180, .flv: 120, .mp4: 300]
        #expect(
            text(.record(try RecordingPlan(formats: [], intervals: intervals)))
                == #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300,"Flv":120,"M3U8":180}}"#
        )
        #expect(
            text(.record(try RecordingPlan(formats: [.m3u8, .flv, .mp4], intervals: intervals)))
                == #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300,"Flv":120,"M3U8":180},"#
                + #""Format":["mp4","flv","m3u8"]}"#
        )
    }

    @Test func `Whatever the plan, the body is valid JSON that the platform reads whole`() throws {
        let choices: [Int?] = [nil, RecordingPlan.intervalRange.lowerBound, RecordingPlan.intervalRange.upperBound]
        var count = 0
        for formats in subsets(RecordFormat.allCases) {
            for mp4 in choices {
                for flv in choices {
                    for m3u8 in choices {
                        var intervals: [RecordFormat: Int] = [:]
                        intervals[.mp4] = mp4
                        intervals[.flv] = flv
                        intervals[.m3u8] = m3u8
                        guard let plan = try? RecordingPlan(formats: formats, intervals: intervals) else { continue }
                        try check(plan)
                        count += 1
                    }
                }
            }
        }
        // 27 without formats, 3 with each single one, 9 with each pair, 27 with all.
        #expect(count == 27 + 3 * 3 + 3 * 9 + 27)
    }

    private func check(_ plan: RecordingPlan) throws {
        let body = Answer.body(for: .record(plan))
        #expect(body.count < Answer.maximumLength)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        #expect(object["ApiVersion"] as? String == "1.0")
        #expect(object["NeedRecord"] as? Bool == true)
        #expect(object["Format"] as? [String] == (plan.formats.isEmpty ? nil : plan.formats.map(\.rawValue)))
        let keys: [RecordFormat: String] = [.mp4: "Mp4", .flv: "Flv", .m3u8: "M3U8"]
        let intervals = Dictionary(uniqueKeysWithValues: plan.intervals.map { (keys[$0.key] ?? "", $0.value) })
        #expect(object["Interval"] as? [String: Int] == (intervals.isEmpty ? nil : intervals))
    }

    private func subsets(_ formats: [RecordFormat]) -> [[RecordFormat]] {
        formats.reduce([[]]) { sets, format in sets + sets.map { $0 + [format] } }
    }
}
