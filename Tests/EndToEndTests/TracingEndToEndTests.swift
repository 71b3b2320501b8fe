import Foundation
import TestSupport
import Testing
import Wire

/// One trace leads from a callback's request through the broker and the database, and back.
@Suite(.timeLimit(.minutes(2)))
struct TracingEndToEndTests {
    private static let sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func `A trace has all parts of a callback, each in the right one and at the right time`() async throws {
        try await TraceCollector.with { collector in
            try await Deployment.with { deployment in
                try await deployment.recordEverything()
                let settings = [
                    "NEEDRECORD_TRACING_ENDPOINT": collector.endpoint, "NEEDRECORD_TRACING_SAMPLE_RATIO": "0",
                ]
                _ = try await deployment.start(.worker, settings: settings)
                let gateway = try await deployment.start(.gateway, settings: settings)
                let url = try #require(
                    URL(
                        string: "http://127.0.0.1:\(try await gateway.callbackPort())/callbacks/on-demand"
                            + "?app=seq_all&domain=demo.aliyundoc.com&stream=ondemand8&vbitrate=2000&codec=h264"
                    )
                )
                // At a ratio of 0 nothing of it is recorded.
                _ = try await get(url)
                let answer = try await get(url, headers: ["traceparent": Self.sent])
                #expect(answer.status == 200)
                let event = try #require(answer.headers["x-needrecord-event"])

                try await eventually("all spans") { collector.spans.count >= 7 }
                let spans = collector.spans
                #expect(spans.count == 7)
                #expect(spans.allSatisfy { $0.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" })
                func span(_ name: String) throws -> TraceCollector.Span {
                    try #require(spans.first { $0.name == name }, "\(name) in \(spans.map(\.name))")
                }
                let namespace = deployment.topology.namespace
                let server = try span("GET /callbacks/on-demand")
                let publish = try span("publish \(namespace)")
                let process = try span("process \(namespace).decisions")
                let facts = try span("SELECT needrecord.rules")
                let reply = try span("publish \(namespace).replies")
                let receive = try span("receive \(namespace).replies")
                let journal = try span("journal")

                #expect(server.parentID == "00f067aa0ba902b7")
                for child in [publish, receive, journal] { #expect(child.parentID == server.id) }
                #expect(process.parentID == publish.id)
                for child in [facts, reply] { #expect(child.parentID == process.id) }
                #expect(
                    [server, publish, process, facts, reply, receive, journal].map(\.kind) == [2, 4, 5, 3, 4, 5, 1]
                )
                for span in [server, publish, receive, journal] { #expect(span.service == "needrecord-gateway") }
                for span in [process, facts, reply] { #expect(span.service == "needrecord-worker") }

                // One machine, one clock: what is within another lasts no longer, and what comes before ends before.
                for child in [publish, facts, receive, journal] {
                    #expect(server.start <= child.start && child.start <= child.end && child.end <= server.end)
                }
                #expect(server.start <= process.start && publish.start <= process.start)
                #expect(process.start <= facts.start && facts.end <= reply.start && reply.end <= process.end)
                // The reply may arrive before its worker knows that it is sent.
                #expect(reply.start <= receive.end && receive.end <= journal.start)

                #expect(server.attributes["needrecord.event"] == event)
                #expect(server.attributes["needrecord.cause"] == "decided")
                #expect(server.attributes["needrecord.record"] == "true")
                #expect(server.attributes["http.response.status_code"] == "200")
                #expect(publish.attributes["messaging.system"] == "rabbitmq")
                #expect(publish.attributes["messaging.message.id"] == event)
                #expect(process.attributes["messaging.message.id"] == event)
                #expect(facts.attributes["db.system.name"] == "postgresql")
            }
        }
    }
}
