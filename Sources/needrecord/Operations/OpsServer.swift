import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Observability
import ServiceLifecycle
import Wire

/// The port for operators: health, counters and metrics. It listens on loopback unless it is told otherwise.
///
/// `/health/live` says that the process answers; it never depends on the broker or the database, because a restart
/// mends neither. `/health/ready` says whether to send callbacks here: a gateway that has lost its broker still answers
/// every callback, with the default, and taking all gateways out of service would turn that into no answer at all. So
/// only a gateway that is stopping is not ready; what is degraded stands in the body.
struct OpsServer: Service {
    let host: String
    let port: Int
    let logger: Logger
    let report: @Sendable () -> ProcessReport
    let metrics: MetricsRegistry
    let onListening: @Sendable (Int) -> Void

    func run() async throws {
        let server = try HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(75))).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            responder: { request, writer, _ in
                let path = request.head.path.map { String($0.prefix { $0 != "?" }) }
                let (status, type, body) = answer(path ?? "/")
                var head = HTTPResponse(status: status)
                head.headerFields[.contentType] = type
                head.headerFields[.contentLength] = String(body.count)
                try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
            },
            onServerRunning: { onListening($0.localAddress?.port ?? 0) }
        )
        try await server.run()
    }

    private func answer(_ path: String) -> (HTTPResponse.Status, type: String, [UInt8]) {
        if path == "/metrics" { return (.ok, MetricsRegistry.contentType, Array(metrics.exposition().utf8)) }
        let (status, body) = answerInJSON(path)
        return (status, "application/json; charset=utf-8", body)
    }

    private func answerInJSON(_ path: String) -> (HTTPResponse.Status, [UInt8]) {
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
                    object: { writer in
                        for reading in report.readings {
                            if let name = reading.name { writer.member(named: name, Int(reading.value)) }
                        }
                    }
                )
            }
            return (.ok, writer.bytes)
        default:
            writer.object { $0.member("error", "there is nothing under this path") }
            return (.notFound, writer.bytes)
        }
    }
}
