import AMQP
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport

/// Stands between a gateway and the broker, and can be cut like a cable, or swallow what goes through it.
final class BrokerProxy: Sendable {
    private struct State {
        var isOpen = true
        var isSwallowing = false
        var connections: [any Channel] = []
    }

    private let server: any Channel
    private let state: NIOLockedValueBox<State>

    private init(server: any Channel, state: NIOLockedValueBox<State>) {
        self.server = server
        self.state = state
    }

    /// Runs `body` with a proxy, and with the way to the broker through it.
    static func with(_ body: (BrokerProxy, AMQPConfiguration) async throws -> Void) async throws {
        var configuration = try ProductBroker.configuration()
        let broker = configuration.endpoints[0]
        let state = NIOLockedValueBox(State())
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { front in
                guard state.withLockedValue({ $0.isOpen }) else { return front.close() }
                // Both ends live on one loop, so that each may touch the other.
                return ClientBootstrap(group: front.eventLoop)
                    .connect(host: broker.host, port: Int(broker.port))
                    .flatMapThrowing { back in
                        state.withLockedValue { $0.connections += [front, back] }
                        let isSwallowing = { @Sendable in state.withLockedValue { $0.isSwallowing } }
                        try front.pipeline.syncOperations.addHandler(Forwarder(to: back, unless: isSwallowing))
                        try back.pipeline.syncOperations.addHandler(Forwarder(to: front, unless: isSwallowing))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let proxy = BrokerProxy(server: server, state: state)
        configuration.endpoints = [AMQPEndpoint(host: "127.0.0.1", port: UInt16(server.localAddress?.port ?? 0))]
        do {
            try await body(proxy, configuration)
        } catch {
            try await proxy.close()
            throw error
        }
        try await proxy.close()
    }

    /// Nothing comes through any more, and no connection ends, until ``cut()``.
    func swallow() {
        state.withLockedValue { $0.isSwallowing = true }
    }

    /// Ends every connection; new ones come through.
    func cut() {
        for connection in state.withLockedValue({ state in
            defer { state.connections = [] }
            state.isSwallowing = false
            return state.connections
        }) { connection.close(promise: nil) }
    }

    /// Ends every connection, and every new one, until ``restore()``.
    func cutForGood() {
        state.withLockedValue { $0.isOpen = false }
        cut()
    }

    /// New connections come through again.
    func restore() {
        state.withLockedValue { $0.isOpen = true }
    }

    private func close() async throws {
        cutForGood()
        try await server.close()
    }
}

private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let other: any Channel
    private let isSwallowing: () -> Bool

    init(to other: any Channel, unless isSwallowing: @escaping () -> Bool) {
        self.other = other
        self.isSwallowing = isSwallowing
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isSwallowing() else { return }
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
