import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server that answers whatever comes with the same bytes, by the method of the request.
struct OddServer {
    /// Where it is reached.
    let endpoint: String
    private let asked: NIOLockedValueBox<[String]>

    /// The methods that came, in their order.
    var methods: [String] { asked.withLockedValue { $0 } }

    /// Runs `body` with a server.
    ///
    /// - Parameter answers: What is written to a request with each method.
    static func with(answers: [String: String], _ body: (OddServer) async throws -> Void) async throws {
        let asked = NIOLockedValueBox<[String]>([])
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(answers: answers, asked: asked))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        do {
            let port = channel.localAddress?.port ?? 0
            try await body(OddServer(endpoint: "http://127.0.0.1:\(port)", asked: asked))
        } catch {
            try? await channel.close()
            throw error
        }
        try? await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answers: [String: String]
        private let asked: NIOLockedValueBox<[String]>

        init(answers: [String: String], asked: NIOLockedValueBox<[String]>) {
            self.answers = answers
            self.asked = asked
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            // A body may come by itself.
            let text = String(buffer: unwrapInboundIn(data))
            guard let method = answers.keys.first(where: { text.hasPrefix("\($0) ") }) else { return }
            asked.withLockedValue { $0.append(method) }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answers[method] ?? "")), promise: nil)
        }
    }
}
