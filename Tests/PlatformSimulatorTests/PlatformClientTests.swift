internal import Logging
internal import NIOCore
internal import PlatformSimulator
internal import Testing

@Suite(.timeLimit(.minutes(1))) struct PlatformClientTests {
    private let logger = Logger(label: "PlatformClientTests", factory: { _ in SwiftLogNoOpLogHandler() })
    private let question = CallbackQuestion(app: "seq_all", domain: "demo.aliyundoc.com", stream: "ondemand8")

    @Test func `the request is the documented one, byte for byte`() async throws {
        try await TestServer.with { server in
            let answer = try await PlatformClient(target: server.target()).ask(question, logger: logger)
            #expect(answer.verdict == .record)
            let expected = [
                "GET /?app=seq_all&domain=demo.aliyundoc.com&stream=ondemand8&vbitrate=2000&codec=h264 HTTP/1.1",
                "Host: 127.0.0.1:\(server.port)",
                "User-Agent: Go-http-client/1.1",
                "Accept-Encoding: gzip",
                "",
                "",
            ]
            #expect(server.requests == [expected.joined(separator: "\r\n")])
        }
    }

    @Test func `the answer comes back whole`() async throws {
        let body = #"{"NeedRecord":false}"#
        try await TestServer.with { _ in
            .answer(body, headers: "X-NeedRecord-Event: 0190163d-8694-739b-aea5-966c26f8ad91\r\n")
        } body: { server in
            let answer = try await PlatformClient(target: server.target()).ask(question, logger: logger)
            #expect(answer.status == 200)
            #expect(String(decoding: answer.body, as: UTF8.self) == body)
            #expect(answer.bodyLength == body.utf8.count)
            #expect(answer.eventID == "0190163d-8694-739b-aea5-966c26f8ad91")
            #expect(answer.attempt == 1)
            #expect(answer.elapsed > .zero)
            #expect(answer.verdict == .doNotRecord)
        }
    }

    @Test func `a body in pieces is put together and cut where the platform cuts it`() async throws {
        let chunk = "200\r\n" + String(repeating: " ", count: 512) + "\r\n"
        let chunks = "13\r\n{\"NeedRecord\":true}\r\n" + String(repeating: chunk, count: 10) + "0\r\n\r\n"
        try await TestServer.with { _ in
            TestServer.Reply(bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        } body: { server in
            let answer = try await PlatformClient(target: server.target()).ask(question, logger: logger)
            #expect(answer.body.count == 2_048)
            #expect(answer.bodyLength == 19 + 5_120)
            #expect(answer.verdict == .record)
        }
    }

    @Test func `a compressed answer is a failure that says so`() async throws {
        try await TestServer.with { _ in
            .answer("\u{1F}gzip", headers: "Content-Encoding: gzip\r\n")
        } body: { server in
            let answer = try await PlatformClient(target: server.target()).ask(question, logger: logger)
            #expect(answer.verdict == .failed(.compressed))
        }
    }

    @Test func `a call that fails is made again, with the same question on the same connection`() async throws {
        try await TestServer.with { number in
            number < 2 ? .answer("busy", status: "503 Service Unavailable") : .answer()
        } body: { server in
            var client = PlatformClient(target: try server.target())
            client.retries = 5
            client.pause = .milliseconds(10)
            let answer = try await client.ask(question, logger: logger)
            #expect(answer.attempt == 3)
            #expect(answer.verdict == .record)
            #expect(server.requests.count == 3)
            #expect(Set(server.requests).count == 1)
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `the answer to the last attempt is returned as it is`() async throws {
        try await TestServer.with { _ in
            .answer("", status: "404 Not Found")
        } body: { server in
            var client = PlatformClient(target: try server.target())
            client.retries = 1
            client.pause = .milliseconds(10)
            let answer = try await client.ask(question, logger: logger)
            #expect(answer.attempt == 2)
            #expect(answer.verdict == .failed(.status))
            #expect(server.requests.count == 2)
        }
    }

    @Test func `a call that timed out is made again on a new connection`() async throws {
        try await TestServer.with { number in
            number == 0 ? .silence : .answer()
        } body: { server in
            var client = PlatformClient(target: try server.target())
            client.retries = 1
            client.pause = .milliseconds(10)
            client.timeout = .seconds(1)
            let answer = try await client.ask(question, logger: logger)
            #expect(answer.attempt == 2)
            #expect(server.connectionCount == 2)
        }
    }

    @Test(arguments: [
        (TestServer.Reply.silence, CallbackFailure.timeout),
        (TestServer.Reply(bytes: "", closesConnection: true), .closed),
        (TestServer.Reply(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", closesConnection: true), .closed),
        (TestServer.Reply(bytes: "220 mail.example.com ESMTP\r\n"), .notHTTP),
    ])
    func `no answer is an error with its reason`(reply: TestServer.Reply, failure: CallbackFailure) async throws {
        try await TestServer.with { _ in
            reply
        } body: { server in
            var client = PlatformClient(target: try server.target())
            if failure == .timeout { client.timeout = .milliseconds(200) }
            let error = await #expect(throws: PlatformSimulatorError.self) {
                try await client.ask(question, logger: logger)
            }
            #expect(error?.code == .noAnswer)
            #expect(error?.failure == failure)
        }
    }

    @Test func `a port where nobody listens refuses`() async throws {
        let target = try await TestServer.with { try $0.target() }
        let error = await #expect(throws: PlatformSimulatorError.self) {
            try await PlatformClient(target: target).ask(question, logger: logger)
        }
        #expect(error?.failure == .refused)
    }

    @Test func `cancelling ends a call that waits for its answer`() async throws {
        try await TestServer.with { _ in
            .silence
        } body: { server in
            let client = PlatformClient(target: try server.target())
            let asking = Task { [question, logger] in try await client.ask(question, logger: logger) }
            try await eventually { server.requests.count == 1 }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
        }
    }
}
