internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import PlatformSimulator
internal import Testing

/// One at a time: each is about what one load does to one server.
@Suite(.serialized, .timeLimit(.minutes(1))) struct LoadPlanTests {
    private let logger = Logger(label: "LoadPlanTests", factory: { _ in SwiftLogNoOpLogHandler() })

    private func plan(_ target: PlatformTarget, _ change: (inout LoadPlan) -> Void) -> LoadPlan {
        var plan = LoadPlan(
            target: target,
            question: CallbackQuestion(app: "seq_all", domain: "demo.aliyundoc.com", stream: "s")
        )
        change(&plan)
        return plan
    }

    /// A report accounts for every request.
    private func expectConservation(_ report: LoadReport, sourceLocation: SourceLocation = #_sourceLocation) {
        let answers = report.answers
        let usable = answers.record + answers.doNotRecord + answers.doNotRecordByOmission
        let notSent = report.failures[.notSent] ?? 0
        #expect(report.sent + notSent == usable + report.failureCount, sourceLocation: sourceLocation)
    }

    @Test func `a closed loop asks exactly as often as it is told, on connections that are kept`() async throws {
        try await TestServer.with { number in
            number.isMultiple(of: 4) ? .answer(#"{"NeedRecord":false}"#) : .answer()
        } body: { server in
            let plan = plan(try server.target()) { ($0.count, $0.connections, $0.streams) = (1_000, 8, 10) }
            let report = try await plan.run(logger: logger)
            #expect(server.requests.count == 1_000)
            #expect(server.connectionCount == 8)
            #expect(report.sent == 1_000)
            #expect(report.answers.record == 750)
            #expect(report.answers.doNotRecord == 250)
            #expect(report.connectionsEstablished == 8)
            #expect(report.latency.count == 1_000)
            #expect(report.latency.p50 > 0)
            #expect(!report.isInterrupted)
            expectConservation(report)
            // Every stream is asked for equally often.
            let counts = Dictionary(grouping: server.requests) { $0 }.mapValues(\.count)
            #expect(counts.count == 10)
            #expect(counts.values.allSatisfy { $0 == 100 })
            #expect(counts.keys.contains { $0.contains("&stream=s-0009&vbitrate=2000&codec=h264 HTTP/1.1\r\n") })
        }
    }

    @Test func `an open loop keeps its rate`() async throws {
        try await TestServer.with { server in
            let plan = plan(try server.target()) { ($0.rate, $0.duration, $0.connections) = (500, .seconds(1), 4) }
            let report = try await plan.run(logger: logger)
            #expect(report.sent == 500)
            #expect(report.answers.record == 500)
            #expect(server.requests.count == 500)
            #expect(report.elapsed > .milliseconds(990))
            #expect(report.achievedRate < 510)
        }
    }

    @Test func `the warm-up is sent and not counted`() async throws {
        try await TestServer.with { server in
            let plan = plan(try server.target()) {
                ($0.rate, $0.count, $0.warmUp) = (200, 40, .milliseconds(100))
            }
            let report = try await plan.run(logger: logger)
            #expect(report.warmUpCount == 20)
            #expect(report.sent == 40)
            #expect(report.latency.count == 40)
            #expect(server.requests.count == 60)
            expectConservation(report)
        }
    }

    @Test func `a stall shows in every request that was due meanwhile`() async throws {
        let stall: @Sendable (Int) -> TestServer.Reply = { number in
            var reply = TestServer.Reply.answer()
            reply.delay = number == 100 ? .milliseconds(300) : .zero
            return reply
        }
        // One connection and 500 requests a second: some 150 are due during the stall and wait 150 ms on average.
        let open = try await TestServer.with(respond: stall) { server in
            try await plan(server.target()) { ($0.rate, $0.count) = (500, 500) }.run(logger: logger)
        }
        #expect(open.sent == 500)
        #expect(open.latency.p90 > 150_000)
        #expect(open.latency.max >= 299_000)

        // The same stall in a closed loop hides behind one request.
        let closed = try await TestServer.with(respond: stall) { server in
            try await plan(server.target()) { $0.count = 500 }.run(logger: logger)
        }
        #expect(closed.latency.p90 < 150_000)
        #expect(closed.latency.max >= 299_000)
    }

    @Test func `what a server never gets to is counted as not sent`() async throws {
        try await TestServer.with { _ in
            TestServer.Reply(bytes: TestServer.Reply.answer().bytes, delay: .milliseconds(300))
        } body: { server in
            let plan = plan(try server.target()) {
                ($0.rate, $0.duration, $0.timeout) = (100, .seconds(1), .milliseconds(900))
            }
            let report = try await plan.run(logger: logger)
            let notSent = try #require(report.failures[.notSent])
            #expect(report.sent + notSent == 100)
            #expect(report.sent == server.requests.count)
            expectConservation(report)
        }
    }

    @Test(arguments: [
        TestServer.Reply.answer(headers: "Connection: close\r\n"),
        TestServer.Reply(bytes: TestServer.Reply.answer().bytes, closesConnection: true),
    ])
    func `a server that closes its connections gets new ones, and nothing fails`(reply: TestServer.Reply) async throws {
        try await TestServer.with { _ in
            reply
        } body: { server in
            let plan = plan(try server.target()) { ($0.count, $0.connections) = (200, 4) }
            let report = try await plan.run(logger: logger)
            #expect(report.answers.record == 200)
            #expect(report.failureCount == 0)
            #expect(server.requests.count == 200)
            #expect(report.connectionsEstablished >= 200)
        }
    }

    @Test func `a server that hangs up instead of answering is a failure of each request`() async throws {
        try await TestServer.with { _ in
            TestServer.Reply(bytes: "", closesConnection: true)
        } body: { server in
            let plan = plan(try server.target()) { ($0.count, $0.connections) = (20, 2) }
            let report = try await plan.run(logger: logger)
            #expect(report.answers.total == 0)
            #expect(report.failures[.closed, default: 0] + report.failures[.reset, default: 0] == 20)
            expectConservation(report)
        }
    }

    @Test func `a server that is down is a failure of each request, not of the run`() async throws {
        let target = try await TestServer.with { try $0.target() }
        let open = try await plan(target) { ($0.rate, $0.count, $0.connections) = (500, 50, 2) }.run(logger: logger)
        #expect(open.sent == 50)
        #expect(open.failures == [.refused: 50])
        #expect(open.latency.count == 0)
        #expect(open.achievedRate == 0)

        // A closed loop rests after each failure.
        let closed = try await plan(target) { ($0.count, $0.connections) = (8, 2) }.run(logger: logger)
        #expect(closed.failures == [.refused: 8])
        #expect(closed.elapsed >= .milliseconds(299))
    }

    @Test func `a request that is not answered in time is a failure that took at least that long`() async throws {
        try await TestServer.with { number in
            number == 3 ? .silence : .answer()
        } body: { server in
            let plan = plan(try server.target()) { ($0.count, $0.timeout) = (10, .seconds(1)) }
            let report = try await plan.run(logger: logger)
            #expect(report.failures == [.timeout: 1])
            #expect(report.answers.record == 9)
            #expect(report.latency.count == 10)
            #expect(report.latency.max >= 1_000_000)
            #expect(report.latency.max < 4_000_000)
            #expect(report.connectionsEstablished == 2)
            expectConservation(report)
        }
    }

    @Test func `answers that the platform cannot use are answered and failed`() async throws {
        let replies = [
            TestServer.Reply.answer(status: "201 Created"), .answer("OK"), .answer("{}"), .answer(#"{"NeedRecord":0}"#),
        ]
        try await TestServer.with { number in
            replies[number]
        } body: { server in
            let report = try await plan(try server.target()) { $0.count = 4 }.run(logger: logger)
            #expect(report.answers.total == 4)
            #expect(report.answers.doNotRecordByOmission == 1)
            #expect(report.failures == [.status: 1, .notJSON: 1, .notBoolean: 1])
            expectConservation(report)
        }
    }

    @Test func `each answer is handed over with its question`() async throws {
        try await TestServer.with { number in
            number == 2 ? TestServer.Reply(bytes: "?") : .answer(headers: "X-NeedRecord-Event: event-\(number)\r\n")
        } body: { server in
            let seen = NIOLockedValueBox<[String]>([])
            let plan = plan(try server.target()) { ($0.count, $0.streams) = (3, 2) }
            _ = try await plan.run(logger: logger) { question, result in
                let outcome =
                    switch result {
                    case .success(let answer): answer.eventID ?? ""
                    case .failure(let error): error.failure?.rawValue ?? ""
                    }
                seen.withLockedValue { $0.append("\(question.stream) \(outcome)") }
            }
            #expect(seen.withLockedValue { $0 } == ["s-0000 event-0", "s-0001 event-1", "s-0000 not_http"])
        }
    }

    @Test func `a cancelled run ends with the report so far`() async throws {
        try await TestServer.with { number in
            number < 10 ? .answer() : .silence
        } body: { server in
            let plan = plan(try server.target()) { $0.connections = 2 }
            let run = Task { [logger] in try await plan.run(logger: logger) }
            try await eventually { server.requests.count == 12 }
            run.cancel()
            let report = try await run.value
            #expect(report.isInterrupted)
            #expect(report.sent == 12)
            #expect(report.answers.record == 10)
            #expect(report.failures == [.cancelled: 2])
            expectConservation(report)
        }
    }

    @Test func `a run that is cancelled before it starts sends nothing`() async throws {
        try await TestServer.with { server in
            let plan = plan(try server.target()) { $0.count = 10 }
            let run = Task { [logger] in
                withUnsafeCurrentTask { $0?.cancel() }
                return try await plan.run(logger: logger)
            }
            let report = try await run.value
            #expect(report.isInterrupted)
            #expect(report.sent == 0)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `a report can be read by a person and by a machine`() async throws {
        try await TestServer.with { server in
            let plan = plan(try server.target()) { ($0.rate, $0.count) = (1_000, 20) }
            let report = try await plan.run(logger: logger)
            let text = report.text()
            #expect(text.contains("  sent                              20\n"))
            #expect(text.contains("p99.9"))
            let json = report.json()
            #expect(NeedRecordReader.read(Array(json.utf8)) == .missing)
            #expect(json.contains(#""sent":20,"answered":20,"record":20,"#))
            #expect(json.contains(#""planned_per_second":1000.000,"#))
            #expect(json.contains(#""latency_us":{"count":20,"mean":"#))
        }
    }

    @Test(
        arguments: [
            { $0.rate = 0 }, { $0.rate = -1 }, { $0.rate = .nan }, { $0.rate = .infinity }, { $0.count = 0 },
            { $0.duration = .zero }, { $0.warmUp = .seconds(-1) }, { $0.streams = 0 }, { $0.connections = 0 },
            { $0.timeout = .zero },
        ] as [@Sendable (inout LoadPlan) -> Void]
    )
    func `a plan out of range is refused before anything is sent`(
        change: @Sendable (inout LoadPlan) -> Void
    ) async throws {
        let plan = plan(try PlatformTarget(url: "http://127.0.0.1:1"), change)
        let error = await #expect(throws: PlatformSimulatorError.self) { try await plan.run(logger: logger) }
        #expect(error?.code == .invalidPlan)
    }
}
