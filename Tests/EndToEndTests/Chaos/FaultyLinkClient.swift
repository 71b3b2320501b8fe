import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport

/// A client of a ``FaultyLink``'s tests.
final class Client: Sendable {
    private struct State {
        var text = ""
        var error: (any Error)?
        var isClosed = false
    }

    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    init(port: Int) async throws {
        let state = NIOLockedValueBox(State())
        self.state = state
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(Receiver(state)) }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// What has come back.
    var text: String { state.withLockedValue { $0.text } }

    func send(_ text: String) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    func waitFor(_ text: String) async throws {
        try await eventually("\"\(text)\"", within: .seconds(5)) { self.text == text }
    }

    func waitForReset() async throws {
        try await eventually("a reset", within: .seconds(5)) {
            state.withLockedValue { $0.isClosed && ($0.error as? IOError)?.errnoCode == 104 }
        }
    }

    func close() async throws {
        try await channel.close()
    }

    private final class Receiver: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let state: NIOLockedValueBox<State>

        init(_ state: NIOLockedValueBox<State>) {
            self.state = state
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            state.withLockedValue { $0.text += text }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            state.withLockedValue { $0.error = error }
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            state.withLockedValue { $0.isClosed = true }
        }
    }
}
