import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// One process on one machine: what an operator sees first.
struct ServeEndToEndTests {
    @Test func `The documented request gets the documented answers`() async throws {
        try await Deployment.with { deployment in
            let service = try await deployment.start(.serve)
            let url = try #require(
                URL(
                    string: "http://127.0.0.1:\(try await service.callbackPort())"
                        + "/?app=seq_all&domain=demo.aliyundoc.com&stream=ondemand8&vbitrate=2000&codec=h264"
                )
            )

            let skipped = try await get(url)
            #expect(skipped.status == 200)
            #expect(String(decoding: skipped.body, as: UTF8.self) == DocumentedAnswer.doNotRecord)

            try await deployment.run(
                "rules",
                "add",
                "--domain",
                "demo.aliyundoc.com",
                "--app",
                "seq_all",
                "--record",
                "--format",
                "mp4",
                "--interval",
                "mp4=300"
            )
            let recorded = try await get(url)
            #expect(recorded.status == 200)
            #expect(String(decoding: recorded.body, as: UTF8.self) == DocumentedAnswer.record)
            #expect(recorded.headers["content-type"]?.hasPrefix("application/json") == true)
            #expect(recorded.headers["x-needrecord-event"]?.isEmpty == false)
            #expect(recorded.headers["x-needrecord-event"] != skipped.headers["x-needrecord-event"])
        }
    }

    @Test func `A rule counts from the next callback on, and no longer once it is removed`() async throws {
        try await Deployment.with { deployment in
            let service = try await deployment.start(.serve)
            #expect(try await service.ask(.example).text == DocumentedAnswer.doNotRecord)

            let added = try await deployment.run("rules", "add", "--app", "seq_all", "--record", "--output", "json")
            #expect(try await service.ask(.example).text == #"{"ApiVersion":"1.0","NeedRecord":true}"#)
            #expect(
                try await service.ask(CallbackQuestion(app: "other", domain: "a.example", stream: "s")).text
                    == DocumentedAnswer.doNotRecord
            )

            let id = try #require(added.firstMatch(of: /"id":(\d+)/)).1
            try await deployment.run("rules", "remove", String(id))
            #expect(try await service.ask(.example).text == DocumentedAnswer.doNotRecord)
            #expect(try await service.settledCounters().fallbacks.isEmpty)
        }
    }

    @Test func `Of the rules that match, the platform gets the one that comes first`() async throws {
        try await Deployment.with { deployment in
            let service = try await deployment.start(.serve)
            let question = CallbackQuestion.example
            let answers = try await answersWhileRulesAreAdded(to: deployment, asking: service, question)
            #expect(
                answers == [
                    // Any stream, then narrower and narrower: of the domain, of the app, the stream of the app.
                    #"{"ApiVersion":"1.0","NeedRecord":true,"Format":["flv"]}"#,
                    DocumentedAnswer.doNotRecord,
                    #"{"ApiVersion":"1.0","NeedRecord":true,"Format":["m3u8"]}"#,
                    #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":60},"Format":["mp4"]}"#,
                    // As narrow as the one before, but skip comes first.
                    DocumentedAnswer.doNotRecord,
                    // As wide as can be, but of higher priority.
                    #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Flv":21600}}"#,
                ]
            )
        }
    }

    private func answersWhileRulesAreAdded(
        to deployment: Deployment,
        asking service: ServiceProcess,
        _ question: CallbackQuestion
    ) async throws -> [String] {
        var answers: [String] = []
        func ask() async throws { answers.append(try await service.ask(question).text) }
        try await deployment.run("rules", "add", "--record", "--format", "flv")
        try await ask()
        try await deployment.run("rules", "add", "--domain", question.domain, "--skip")
        try await ask()
        try await deployment.run("rules", "add", "--app", question.app, "--record", "--format", "m3u8")
        try await ask()
        try await deployment.run(
            "rules",
            "add",
            "--app",
            question.app,
            "--stream",
            question.stream,
            "--record",
            "--format",
            "mp4",
            "--interval",
            "mp4=60"
        )
        try await ask()
        try await deployment.run("rules", "add", "--app", question.app, "--stream", question.stream, "--skip")
        try await ask()
        try await deployment.run("rules", "add", "--priority", "1", "--record", "--interval", "flv=21600")
        try await ask()
        return answers
    }
}
