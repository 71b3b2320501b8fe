import Testing
import Tracing

@testable import Observability

struct TraceContextTests {
    private static let header = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"

    @Test func `A header is read and written the same`() throws {
        let context = try #require(TraceContext(header: Self.header))
        #expect(context.traceID == 0x0AF7_6519_16CD_43DD_8448_EB21_1C80_319C)
        #expect(context.spanID == 0x00F0_67AA_0BA9_02B7)
        #expect(context.isSampled)
        #expect(context.header == Self.header)
        #expect(context.spanIDText == "00f067aa0ba902b7")
    }

    @Test func `Of the flags only the first says anything, and of a later version what is known`() throws {
        #expect(TraceContext(header: Self.header.dropLast(2) + "02")?.isSampled == false)
        #expect(TraceContext(header: Self.header.dropLast(2) + "ff")?.isSampled == true)
        let later = try #require(TraceContext(header: "cc" + Self.header.dropFirst(2) + "-what-ever"))
        #expect(later.header == Self.header)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
        "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319cc-00f067aa0ba902b7-01",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-1",
        "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-",
        " 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        "00-+af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
    ])
    func `What is no header is nobody's trace`(_ text: String) {
        #expect(TraceContext(header: text) == nil)
        #expect(TraceHeaders { $0 == "traceparent" ? text : nil } == nil)
    }

    @Test func `What vendors have added is handed on, unless it is too long`() throws {
        let tracer = OTLPTracer(sampleRatio: 1) { _ in }
        func sent(state: String) throws -> TraceHeaders {
            let headers = try #require(TraceHeaders { $0 == "traceparent" ? Self.header : state })
            let span = tracer.startSpan("next", context: headers.context(by: tracer))
            return TraceHeaders(of: span.context, by: tracer)
        }
        #expect(try sent(state: "a=1,b=2").values["tracestate"] == "a=1,b=2")
        #expect(try sent(state: String(repeating: "a", count: 512)).values["tracestate"] != nil)
        #expect(try sent(state: String(repeating: "a", count: 513)).values["tracestate"] == nil)
    }
}
