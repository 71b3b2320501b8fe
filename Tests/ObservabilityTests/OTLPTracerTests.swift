import NIOConcurrencyHelpers
import Testing
import Tracing

@testable import Observability

struct OTLPTracerTests {
    /// A tracer with what its spans became.
    private static func tracer(
        sampleRatio: Double = 1
    ) -> (tracer: OTLPTracer, ended: NIOLockedValueBox<[RecordedSpan]>) {
        let ended = NIOLockedValueBox<[RecordedSpan]>([])
        return (OTLPTracer(sampleRatio: sampleRatio) { span in ended.withLockedValue { $0.append(span) } }, ended)
    }

    private static func instant(_ nanoseconds: UInt64) -> DefaultTracerClock.Timestamp {
        DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: nanoseconds)
    }

    @Test func `A span within another has its trace and names it`() throws {
        let (tracer, ended) = Self.tracer()
        let outer = tracer.startSpan("outer", ofKind: .server, at: Self.instant(10))
        let inner = tracer.startSpan("inner", context: outer.context, ofKind: .client, at: Self.instant(20))
        inner.attributes["n"] = 3
        inner.setStatus(SpanStatus(code: .error, message: "no"))
        inner.addLink(SpanLink(context: outer.context, attributes: [:]))
        inner.end(at: Self.instant(30))
        outer.end(at: Self.instant(40))
        let spans = ended.withLockedValue { $0 }
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans[0].context.traceID == spans[1].context.traceID)
        #expect(spans[0].parentID == spans[1].context.spanID)
        #expect(spans[1].parentID == nil)
        #expect(spans[0].context.spanID != spans[1].context.spanID)
        #expect((spans[0].start, spans[0].end) == (20, 30))
        #expect(spans[0].attributes.get("n") == .int64(3))
        #expect(spans[0].status?.message == "no")
        #expect(spans[0].links.first?.context.trace == spans[1].context)
        #expect(outer.context.traceID == spans[0].context.traceIDText)
    }

    @Test func `After its end nothing is taken any more, and a second end is none`() {
        let (tracer, ended) = Self.tracer()
        let span = tracer.startSpan("a", at: Self.instant(50))
        span.end(at: Self.instant(40))
        span.operationName = "b"
        span.attributes["n"] = 1
        span.end(at: Self.instant(60))
        let spans = ended.withLockedValue { $0 }
        #expect(spans.count == 1)
        #expect(spans[0].name == "a")
        // A clock that was set back makes no span end before it begins.
        #expect(spans[0].end == 50)
        #expect(spans[0].attributes.isEmpty)
    }

    @Test func `An error is an event of its span`() {
        let (tracer, ended) = Self.tracer()
        let span = tracer.startSpan("a")
        span.recordError(CancellationError(), attributes: ["more": "said"], at: Self.instant(7))
        span.end()
        let event = ended.withLockedValue { $0[0].events[0] }
        #expect(event.name == "exception")
        #expect(event.nanosecondsSinceEpoch == 7)
        #expect(event.attributes.get("exception.type") == .string("Swift.CancellationError"))
        #expect(event.attributes.get("more") == .string("said"))
    }

    @Test(arguments: [0.0, 1.0]) func `A trace that came in is recorded if it says so, whatever the ratio`(
        ratio: Double
    ) {
        let (tracer, ended) = Self.tracer(sampleRatio: ratio)
        for isSampled in [true, false] {
            var context = InstrumentationContext.topLevel
            context.trace = TraceContext(traceID: 1, spanID: 2, isSampled: isSampled)
            let span = tracer.startSpan(isSampled ? "yes" : "no", context: context)
            #expect(span.isRecording == isSampled)
            span.end()
        }
        #expect(ended.withLockedValue { $0.map(\.name) } == ["yes"])
    }

    @Test func `Of those that begin here as many are recorded as the ratio says`() {
        let (tracer, ended) = Self.tracer(sampleRatio: 0.25)
        for _ in 0..<4_000 { tracer.startSpan("a").end() }
        // Ten standard deviations around a thousand.
        #expect((726...1_274).contains(ended.withLockedValue { $0.count }))
        let none = Self.tracer(sampleRatio: 0)
        for _ in 0..<1_000 { none.tracer.startSpan("a").end() }
        #expect(none.ended.withLockedValue { $0.isEmpty })
        let all = Self.tracer(sampleRatio: 1)
        for _ in 0..<1_000 { all.tracer.startSpan("a").end() }
        #expect(all.ended.withLockedValue { $0.count } == 1_000)
    }
}
