public import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// A receiver of traces over OTLP/HTTP in JSON, on a free port of loopback.
public final class TraceCollector: Sendable {
    /// A span as it came in.
    public struct Span: Sendable, Equatable {
        /// 32 hexadecimal digits.
        public let traceID: String
        /// 16 hexadecimal digits.
        public let id: String
        /// The same; nil for a span that is in no other.
        public let parentID: String?
        /// What it is called.
        public let name: String
        /// As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
        public let kind: Int
        /// Nanoseconds since 1970.
        public let start: UInt64
        /// The same.
        public let end: UInt64
        /// Values as text.
        public let attributes: [String: String]
        /// The ids of the spans that it links to.
        public let links: [String]
        /// The `service.name` of the process.
        public let service: String
    }

    private struct State {
        var spans: [Span] = []
        var requests: [Data] = []
    }

    /// The port that it listens on.
    public let port: Int
    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    /// All spans so far.
    public var spans: [Span] { state.withLockedValue { $0.spans } }

    /// The bodies of all requests so far, whatever they were answered.
    public var requests: [Data] { state.withLockedValue { $0.requests } }

    /// What processes are told to reach it.
    public var endpoint: String { "http://127.0.0.1:\(port)" }

    private init(answer: @escaping @Sendable (_ number: Int) -> (status: Int, body: String)) async throws {
        let state = NIOLockedValueBox(State())
        self.state = state
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Handler { path, body in
                            guard path == "/v1/traces" else { return (404, "") }
                            let number = state.withLockedValue { state in
                                state.requests.append(body)
                                return state.requests.count - 1
                            }
                            let answer = answer(number)
                            if answer.status == 200 {
                                let spans = Self.spans(in: body)
                                state.withLockedValue { $0.spans += spans }
                            }
                            return answer
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        port = channel.localAddress?.port ?? 0
    }

    /// Runs `body` with a collector.
    ///
    /// - Parameter answer: What its requests, numbered from 0, are answered; what is answered 200 is taken.
    public static func with<Result>(
        answer: @escaping @Sendable (_ number: Int) -> (status: Int, body: String) = { _ in (200, "{}") },
        _ body: (TraceCollector) async throws -> Result
    ) async throws -> Result {
        let collector = try await TraceCollector(answer: answer)
        do {
            let result = try await body(collector)
            try await collector.channel.close()
            return result
        } catch {
            try await collector.channel.close()
            throw error
        }
    }

    // MARK: - Reading

    private static func spans(in body: Data) -> [Span] {
        let request = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        return objects(request["resourceSpans"]).flatMap { resourceSpans in
            let resource = resourceSpans["resource"] as? [String: Any] ?? [:]
            let service = attributes(resource["attributes"])["service.name"] ?? ""
            return objects(resourceSpans["scopeSpans"]).flatMap { objects($0["spans"]) }.map { span in
                Span(
                    traceID: span["traceId"] as? String ?? "",
                    id: span["spanId"] as? String ?? "",
                    parentID: span["parentSpanId"] as? String,
                    name: span["name"] as? String ?? "",
                    kind: span["kind"] as? Int ?? 0,
                    start: (span["startTimeUnixNano"] as? String).flatMap(UInt64.init) ?? 0,
                    end: (span["endTimeUnixNano"] as? String).flatMap(UInt64.init) ?? 0,
                    attributes: attributes(span["attributes"]),
                    links: objects(span["links"]).map { $0["spanId"] as? String ?? "" },
                    service: service
                )
            }
        }
    }

    private static func objects(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }

    private static func attributes(_ value: Any?) -> [String: String] {
        var attributes: [String: String] = [:]
        for attribute in objects(value) {
            guard let key = attribute["key"] as? String, let value = attribute["value"] as? [String: Any] else {
                continue
            }
            if let truth = value["boolValue"] as? Bool {
                attributes[key] = String(truth)
            } else if let first = value.values.first {
                attributes[key] = "\(first)"
            }
        }
        return attributes
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answer: (String, Data) -> (status: Int, body: String)
        private var path = ""
        private var body = ByteBuffer()

        init(answer: @escaping (String, Data) -> (status: Int, body: String)) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                path = head.uri
                body.clear()
            case .body(let part):
                body.writeImmutableBuffer(part)
            case .end:
                let (status, text) = answer(path, Data(body.readableBytesView))
                var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
                head.headers.add(name: "Content-Length", value: String(text.utf8.count))
                head.headers.add(name: "Content-Type", value: "application/json")
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
