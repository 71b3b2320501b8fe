import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Wire

/// The port for operators: health and counters. It listens on loopback unless it is told otherwise.
///
/// `/health/live` says that the process answers; it never depends on the broker or the database, because a restart
/// mends neither. `/health/ready` says whether to send callbacks here: a gateway that has lost its broker still answers
/// every callback, with the default, and taking all gateways out of service would turn that into no answer at all. So
/// only a gateway that is stopping is not ready; what is degraded stands in the body.
struct OpsServer: Service {
    /// What one process has to say.
    struct Report {
        /// Whether callbacks should be sent here.
        var isReady = true
        /// The state of each part that this process runs, as `ok` or what is wrong.
        var parts: [(name: String, state: String)] = []
        /// Counters since the start.
        var counters: [(name: String, value: Int)] = []
    }

    let host: String
    let port: Int
    let logger: Logger
    let report: @Sendable () -> Report
    let onListening: @Sendable (Int) -> Void

    func run() async throws {
        let server = try HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(75))).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            responder: { request, writer, _ in
                let (status, body) = answer(request.head.path ?? "/")
                var head = HTTPResponse(status: status)
                head.headerFields[.contentType] = "application/json; charset=utf-8"
                head.headerFields[.contentLength] = String(body.count)
                try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
            },
            onServerRunning: { onListening($0.localAddress?.port ?? 0) }
        )
        try await server.run()
    }

    private func answer(_ path: String) -> (HTTPResponse.Status, [UInt8]) {
        let report = report()
        var writer = JSONWriter()
        switch path {
        case "/health/live":
            writer.object { $0.member("status", "ok") }
            return (.ok, writer.bytes)
        case "/health/ready":
            let isDegraded = report.parts.contains { $0.state != "ok" }
            writer.object { writer in
                writer.member("status", !report.isReady ? "stopping" : isDegraded ? "degraded" : "ok")
                writer.member("parts", object: { for part in report.parts { $0.member(named: part.name, part.state) } })
            }
            return (report.isReady ? .ok : .serviceUnavailable, writer.bytes)
        case "/status":
            writer.object { writer in
                writer.member("parts", object: { for part in report.parts { $0.member(named: part.name, part.state) } })
                writer.member(
                    "counters",
                    object: { for counter in report.counters { $0.member(named: counter.name, counter.value) } }
                )
            }
            return (.ok, writer.bytes)
        default:
            writer.object { $0.member("error", "there is nothing under this path") }
            return (.notFound, writer.bytes)
        }
    }
}
