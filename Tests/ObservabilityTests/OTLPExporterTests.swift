import Foundation
import Logging
import ServiceLifecycle
import TestSupport
import Testing
import Tracing

@testable import Observability

@Suite(.timeLimit(.minutes(1))) struct OTLPExporterTests {
    private static func exporter(_ endpoint: String, capacity: Int = 100) -> OTLPExporter {
        OTLPExporter(
            endpoint: endpoint,
            sampleRatio: 1,
            resource: ["service.name": "test"],
            version: "1.2.3",
            capacity: capacity,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    /// Runs `body` beside a running exporter, which is then stopped as a process stops.
    private static func whileRunning(_ exporter: OTLPExporter, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [exporter], logger: Logger(label: "test"))
        async let running: Void = group.run()
        try await body()
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func `A request has what the protocol wants`() throws {
        let context = TraceContext(traceID: 0xAB, spanID: 0xC, isSampled: true)
        var span = RecordedSpan(name: "n", kind: .producer, context: context, parentID: 0xD, state: "a=1", start: 5)
        span.end = 1_700_000_000_000_000_001
        span.attributes["text"] = "t"
        span.attributes["truth"] = true
        span.attributes["half"] = 0.5
        span.attributes["list"] = ["x", "y"]
        span.status = SpanStatus(code: .error, message: "m")
        let text = String(
            decoding: try OTLPRequest([span], resource: ["service.name": "s"], version: "1").encoded(),
            as: UTF8.self
        )
        #expect(
            text
                == #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"#
                + #""scopeSpans":[{"scope":{"name":"needrecord","version":"1"},"spans":[{"attributes":["#
                + #"{"key":"half","value":{"doubleValue":0.5}},"#
                + #"{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"},{"stringValue":"y"}]}}},"#
                + #"{"key":"text","value":{"stringValue":"t"}},{"key":"truth","value":{"boolValue":true}}],"#
                + #""endTimeUnixNano":"1700000000000000001","events":[],"kind":4,"links":[],"name":"n","#
                + #""parentSpanId":"000000000000000d","spanId":"000000000000000c","startTimeUnixNano":"5","#
                + #""status":{"code":2,"message":"m"},"traceId":"000000000000000000000000000000ab","#
                + #""traceState":"a=1"}]}]}]}"#
        )
    }

    @Test func `What ends is sent soon, and at the end what is left`() async throws {
        try await TraceCollector.with { collector in
            let exporter = Self.exporter(collector.endpoint + "/")
            try await Self.whileRunning(exporter) {
                exporter.tracer.startSpan("first").end()
                try await eventually("the first") { collector.spans.map(\.name) == ["first"] }
                exporter.tracer.startSpan("second").end()
            }
            #expect(collector.spans.map(\.name) == ["first", "second"])
            #expect(collector.spans.allSatisfy { $0.service == "test" })
            #expect(exporter.counters == OTLPExporter.Counters(exported: 2))
        }
    }

    @Test func `A collector that is busy is asked again, and one that refuses is not`() async throws {
        let answers = [(503, ""), (200, #"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}}"#), (400, "")]
        try await TraceCollector.with(answer: { answers[min($0, 2)] }) { collector in
            let exporter = Self.exporter(collector.endpoint)
            try await Self.whileRunning(exporter) {
                exporter.tracer.startSpan("a").end()
                exporter.tracer.startSpan("b").end()
                try await eventually("the second try") { exporter.counters.exported == 1 }
                exporter.tracer.startSpan("c").end()
                try await eventually("the refusal") { exporter.counters.refused == 2 }
            }
            #expect(collector.requests.count == 3)
            #expect(collector.requests[0] == collector.requests[1])
            #expect(exporter.counters == OTLPExporter.Counters(exported: 1, refused: 2))
        }
    }

    @Test func `A collector that begins to answer and stalls does not hold up the stop`() async throws {
        try await OddServer.with(answers: ["POST": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"]) { server in
            let exporter = Self.exporter(server.endpoint)
            var stop = ContinuousClock.now
            try await Self.whileRunning(exporter) {
                exporter.tracer.startSpan("a").end()
                try await eventually("the request") { server.methods == ["POST"] }
                stop = .now
            }
            #expect(ContinuousClock.now - stop < OTLPExporter.longestStop + .seconds(15))
            #expect(exporter.counters == OTLPExporter.Counters(dropped: 1))
        }
    }

    @Test func `What is sent elsewhere without its spans is not exported`() async throws {
        let answers = [
            "POST": "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
            "GET": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ]
        try await OddServer.with(answers: answers) { server in
            let exporter = Self.exporter(server.endpoint)
            try await Self.whileRunning(exporter) {
                exporter.tracer.startSpan("a").end()
                try await eventually("the answer") { exporter.counters.refused == 1 }
            }
            #expect(server.methods == ["POST", "GET"])
            #expect(exporter.counters == OTLPExporter.Counters(refused: 1))
        }
    }

    @Test func `Without a collector spans are dropped and counted, and nothing waits long for that`() async throws {
        let exporter = Self.exporter("http://127.0.0.1:1", capacity: 3)
        let start = ContinuousClock.now
        try await Self.whileRunning(exporter) { for _ in 0..<5 { exporter.tracer.startSpan("a").end() } }
        #expect(exporter.counters == OTLPExporter.Counters(dropped: 5))
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
