internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix
internal import PlatformSimulator

/// A server on the loopback that reads requests without a body and answers with the bytes it is told to.
final class TestServer: Sendable {
    /// What the server does with a request.
    struct Reply: Sendable {
        var bytes: String
        var delay = TimeAmount.zero
        var closesConnection = false

        /// An answer of a gateway.
        static func answer(
            _ body: String = #"{"ApiVersion":"1.0","NeedRecord":true}"#,
            status: String = "200 OK",
            headers: String = ""
        ) -> Reply {
            let length = "Content-Length: \(body.utf8.count)\r\n"
            return Reply(bytes: "HTTP/1.1 \(status)\r\n\(length)\(headers)\r\n\(body)")
        }

        static let silence = Reply(bytes: "")
    }

    private struct State {
        var requests: [String] = []
        var connectionCount = 0
    }

    let port: Int
    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    /// The requests so far, each with all its bytes.
    var requests: [String] { state.withLockedValue { $0.requests } }
    var connectionCount: Int { state.withLockedValue { $0.connectionCount } }

    func target(_ path: String = "/") throws -> PlatformTarget {
        try PlatformTarget(url: "http://127.0.0.1:\(port)\(path)")
    }

    private init(respond: @escaping @Sendable (_ number: Int) -> Reply) async throws {
        let state = NIOLockedValueBox(State())
        self.state = state
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    state.withLockedValue { $0.connectionCount += 1 }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler { request in
                            respond(
                                state.withLockedValue {
                                    $0.requests.append(request)
                                    return $0.requests.count - 1
                                }
                            )
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        port = channel.localAddress?.port ?? 0
    }

    /// Runs `body` with a server that replies to its requests, numbered from 0, as `respond` says.
    static func with<Result>(
        respond: @escaping @Sendable (_ number: Int) -> Reply = { _ in .answer() },
        body: (TestServer) async throws -> Result
    ) async throws -> Result {
        let server = try await TestServer(respond: respond)
        do {
            let result = try await body(server)
            try await server.channel.close()
            return result
        } catch {
            try await server.channel.close()
            throw error
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let reply: (String) -> Reply
        private var received = ""

        init(reply: @escaping (String) -> Reply) {
            self.reply = reply
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            guard received.hasSuffix("\r\n\r\n") else { return }
            let reply = reply(received)
            received = ""
            guard reply.delay > .zero else {
                send(reply, context: context)
                return
            }
            context.eventLoop.assumeIsolated().scheduleTask(in: reply.delay) {
                self.send(reply, context: context)
            }
        }

        private func send(_ reply: Reply, context: ChannelHandlerContext) {
            if !reply.bytes.isEmpty {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: reply.bytes)), promise: nil)
            }
            if reply.closesConnection {
                context.close(promise: nil)
            }
        }
    }
}
