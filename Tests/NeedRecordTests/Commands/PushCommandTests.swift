import Foundation
import TestSupport
import Testing

/// The live platform, played against a gateway that has no broker and so answers the default at once.
@Suite struct PushCommandTests {
    private func withGateway(settings: [String: String] = [:], _ body: (_ url: String) async throws -> Void)
        async throws
    {
        let gateway = try ServiceProcess.start(
            ["gateway"],
            environment: [
                "NEEDRECORD_AMQP_URL": NeedRecordRun.absentBroker, "NEEDRECORD_HTTP_HOST": "127.0.0.1",
            ].merging(settings) { $1 }
        )
        try await body("http://127.0.0.1:\(try await gateway.callbackPort())/")
        #expect(try await gateway.stop() == 0)
        #expect(!gateway.process.text.contains("brokersecret"))
    }

    @Test func `One callback is sent as documented, and its answer shown`() async throws {
        try await withGateway { url in
            let run = try await NeedRecordRun.run("push", "--url", url)
            #expect(run.status == 0, "\(run.text)")
            let lines = run.text.split(separator: "\n")
            #expect(lines.first == "GET /?app=test123&domain=test.com&stream=teststream&vbitrate=2000&codec=h264")
            #expect(lines.contains(#"200 {"ApiVersion":"1.0","NeedRecord":false}"#))
            #expect(run.text.contains("event 0"))
            let json = try await NeedRecordRun.run("push", "--url", url, "--output", "json")
            #expect(json.json?["NeedRecord"] as? Bool == false)
        }
    }

    @Test func `Many callbacks are summed up`() async throws {
        try await withGateway { url in
            let run = try await NeedRecordRun.run(
                "push",
                "--url",
                url,
                "--count",
                "100",
                "--connections",
                "4",
                "--streams",
                "10",
                "--output",
                "json"
            )
            #expect(run.status == 0, "\(run.text)")
            #expect(run.json != nil, "\(run.text)")
            let text = try await NeedRecordRun.run("push", "--url", url, "--count", "10")
            #expect(text.status == 0)
            #expect(text.text.contains("10"))
        }
    }

    @Test func `An answer that the platform cannot use is a failure`() async throws {
        try await withGateway { url in
            let one = try await NeedRecordRun.run("push", "--url", url + "nowhere")
            #expect(one.status == 1)
            let three = try await NeedRecordRun.run("push", "--url", url + "nowhere", "--count", "3")
            #expect(three.status == 1)
        }
        let nobody = try await NeedRecordRun.run("push", "--url", "http://127.0.0.1:1/")
        #expect(nobody.status == 1)
    }

    @Test func `With a key callbacks are signed as the platform does`() async throws {
        let file = "signatures: {test.com: {mode: required, keys: [0123456789abcdef]}}"
        try await withFile(file, suffix: ".yaml") { path in
            try await withGateway(settings: ["NEEDRECORD_AUTH_FILE": path]) { url in
                let key = ["--auth-key", "0123456789abcdef"]
                let signed = try await NeedRecordRun.run(["push", "--url", url] + key)
                #expect(signed.status == 0, "\(signed.text)")
                let many = try await NeedRecordRun.run(["push", "--url", url, "--count", "10"] + key)
                #expect(many.status == 0, "\(many.text)")
                let other = try await NeedRecordRun.run("push", "--url", url, "--auth-key", "0123456789abcdeg")
                #expect(other.status == 1)
                #expect(other.text.contains("signature_invalid"))
                let none = try await NeedRecordRun.run("push", "--url", url)
                #expect(none.text.contains("signature_missing"))
            }
        }
    }

    @Test(arguments: [
        ["--duration", "10"], ["--timeout", "x"], ["--retry", "--count", "2"], ["--poisson"], ["--count", "x"],
    ])
    func `Flags that do not go together are a wrong command line`(arguments: [String]) async throws {
        #expect(try await NeedRecordRun.run(["push"] + arguments).status == 64)
    }

    @Test func `What is no URL is refused`() async throws {
        let run = try await NeedRecordRun.run("push", "--url", "gopher://h/")
        #expect(run.status == 1)
        #expect(run.text.contains("needrecord: "))
    }
}
