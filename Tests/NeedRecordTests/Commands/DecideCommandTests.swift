import Foundation
import TestSupport
import Testing

@Suite struct DecideCommandTests {
    private func decide(_ stream: String, _ more: String..., in database: ProductDatabase) async throws -> NeedRecordRun
    {
        let question = ["decide", "--domain", "test.com", "--app", "test123", "--stream", stream]
        return try await NeedRecordRun.run(question + more, settings: database.settings)
    }

    @Test func `A decision is told with its reason, and with the rules that lost`() async throws {
        try await ProductDatabase.with { database in
            let none = try await decide("s", in: database)
            #expect(none.status == 0, "\(none.text)")
            #expect(none.text.contains(#"answer    {"ApiVersion":"1.0","NeedRecord":false}"#))
            #expect(none.text.contains("no rule matches"))
            for rule in [
                ["--domain", "test.com", "--record", "--format", "mp4", "--interval", "mp4=300"],
                ["--domain", "test.com", "--stream", "private", "--skip"],
            ] {
                let added = try await NeedRecordRun.run(["rules", "add"] + rule, settings: database.settings)
                #expect(added.status == 0)
            }
            let text = try await decide("s", in: database).text
            #expect(
                text.contains(
                    #"answer    {"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#
                )
            )
            #expect(text.contains("reason    rule 1 "))
            #expect(text.contains("revision  2"))

            let json = try #require(try await decide("private", "--output", "json", in: database).json)
            #expect(json["verdict"] as? String == "skip")
            #expect(json["answer"] as? String == #"{"ApiVersion":"1.0","NeedRecord":false}"#)
            #expect(json["reason"] as? String == "rule")
            #expect(json["rule"] as? Int == 2)
            #expect(json["revision"] as? Int == 2)
            let losers = try #require(json["losing_rules"] as? [[String: Any]])
            #expect(losers.count == 1)
            #expect(losers[0]["rule"] as? Int == 1)
            #expect(losers[0]["preceded"] as? String == "specificity")
        }
    }

    @Test(arguments: [
        ["--domain", "", "--app", "a", "--stream", "s"],
        ["--domain", "d", "--app", "a", "--stream", String(repeating: "x", count: 256)],
        ["--domain", "d", "--app", "a", "--stream", "s", "--codec", "av1"],
        ["--domain", "d", "--app", "a", "--stream", "s", "--vbitrate", "x"],
        ["--domain", "d", "--app", "a"],
    ])
    func `A question that cannot be is a wrong command line`(arguments: [String]) async throws {
        #expect(try await NeedRecordRun.run(["decide"] + arguments).status == 64)
    }
}
