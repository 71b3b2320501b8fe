internal import AsyncHTTPClient
internal import Foundation
public import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOHTTP1
public import ServiceLifecycle
public import Tracing

/// Sends spans to a collector, over OTLP/HTTP in JSON, in the background. Nobody waits for it: spans that come faster than
/// the collector takes them, or that it does not take, are dropped and counted.
///
/// Source: OpenTelemetry Protocol 1.x, "OTLP/HTTP": the path, the statuses that are worth another try, partial success.
public final class OTLPExporter: Service {
    /// What became of spans so far.
    public struct Counters: Sendable, Equatable {
        /// Taken by the collector.
        public var exported = 0
        /// Not sent, because there was no room or the collector was out of reach.
        public var dropped = 0
        /// Sent, and not taken.
        public var refused = 0
    }

    /// How a request ended.
    private enum Result {
        case taken(refused: Int, reason: String?)
        case refused(String)
        case failed(String, pause: Duration?)
    }

    /// The most spans in one request.
    private static let maximumRequest = 512
    private static let interval = Duration.seconds(1)
    private static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4)]
    private static let longestPause = Duration.seconds(10)
    /// How long a process that stops goes on sending.
    private static let patience = Duration.seconds(2)

    /// The longest that stopping takes: a request that is under way, and what is sent after it.
    public static let longestStop = Duration.seconds(5)
    private static let timeout = longestStop - patience

    /// What makes the spans.
    public let tracer: OTLPTracer
    private let url: String
    private let resource: SpanAttributes
    private let version: String
    private let queue: SpanQueue
    private let logger: Logger
    private let state = NIOLockedValueBox((counters: Counters(), isFailing: false))

    /// An exporter that has sent nothing yet.
    ///
    /// - Parameters:
    ///   - endpoint: The collector, such as `http://127.0.0.1:4318`; `/v1/traces` is added.
    ///   - sampleRatio: The share of traces that begin here and are recorded, 0 to 1.
    ///   - resource: What all spans of this process have in common.
    ///   - version: Of the program.
    ///   - capacity: The most spans that wait to be sent.
    ///   - logger: Takes that the collector is out of reach, or refuses, when that begins and ends.
    public init(
        endpoint: String,
        sampleRatio: Double,
        resource: SpanAttributes,
        version: String,
        capacity: Int = 8_192,
        logger: Logger
    ) {
        url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        self.resource = resource
        self.version = version
        self.logger = logger
        let queue = SpanQueue(capacity: capacity)
        self.queue = queue
        tracer = OTLPTracer(sampleRatio: sampleRatio) { queue.put($0) }
    }

    /// What became of spans so far.
    public var counters: Counters {
        var counters = state.withLockedValue { $0.counters }
        counters.dropped += queue.droppedCount
        return counters
    }

    /// Sends until a graceful shutdown, and then for two seconds more what is there, or until the task is cancelled.
    public func run() async {
        while !isToStop {
            await pause(for: Self.interval)
            while !isToStop, case let spans = queue.take(Self.maximumRequest), !spans.isEmpty { await send(spans) }
        }
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let spans = queue.take(Self.maximumRequest)
            guard !spans.isEmpty else { break }
            settle(await post(spans, within: ContinuousClock.now.duration(to: deadline)), spans.count)
        }
        let left = queue.take(.max)
        if !left.isEmpty { settle(.failed("the process ends", pause: nil), left.count) }
    }

    private func send(_ spans: [RecordedSpan]) async {
        var result = await post(spans, within: Self.timeout)
        for pause in Self.pauses {
            guard case .failed(_, let wanted) = result, !isToStop else { break }
            await self.pause(for: min(wanted ?? pause, Self.longestPause))
            result = await post(spans, within: Self.timeout)
        }
        settle(result, spans.count)
    }

    private var isToStop: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    /// Ends early when the process is to stop. Only the pause does: a request that is under way is not given up for it.
    private func pause(for duration: Duration) async {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
    }

    private func settle(_ result: Result, _ count: Int) {
        let reason: String? = state.withLockedValue { state in
            let failure: String?
            switch result {
            case .taken(let refused, let reason):
                state.counters.exported += count - refused
                state.counters.refused += refused
                failure = refused > 0 ? reason ?? "the collector refuses spans" : nil
            case .refused(let reason):
                state.counters.refused += count
                failure = reason
            case .failed(let reason, _):
                state.counters.dropped += count
                failure = reason
            }
            defer { state.isFailing = failure != nil }
            return (failure != nil) == state.isFailing ? nil : failure ?? ""
        }
        guard let reason else { return }
        if reason.isEmpty {
            logger.notice("traces are exported again")
        } else {
            logger.warning("traces are not exported", metadata: ["collector": "\(url)", "reason": "\(reason)"])
        }
    }

    private func post(_ spans: [RecordedSpan], within timeout: Duration) async -> Result {
        do {
            let body = try OTLPRequest(spans, resource: resource, version: version).encoded()
            // The client's own limit ends with the head of the response.
            let (response, answer) = try await withTimeLimit(timeout) { [url] in
                var request = HTTPClientRequest(url: url)
                request.method = .POST
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .bytes(body)
                let response = try await HTTPClient.shared.execute(request, timeout: TimeAmount(timeout))
                return (response, try await response.body.collect(upTo: 1 << 20))
            }
            // On the way to another place the spans may have been left behind.
            guard response.history.count <= 1 else { return .refused("redirected") }
            switch response.status.code {
            case 200..<300:
                let success = try? JSONDecoder().decode(OTLPResponse.self, from: Data(answer.readableBytesView))
                return .taken(
                    refused: min(spans.count, max(0, success?.partialSuccess?.rejectedSpans ?? 0)),
                    reason: success?.partialSuccess?.errorMessage
                )
            case 429, 502, 503, 504:
                let pause = response.headers.first(name: "Retry-After").flatMap { Int($0) }
                return .failed("status \(response.status.code)", pause: pause.map { .seconds(max(0, $0)) })
            default:
                return .refused("status \(response.status.code)")
            }
        } catch {
            return .failed(String(describing: error), pause: nil)
        }
    }
}
