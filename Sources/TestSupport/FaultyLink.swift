import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A way between two parts that can be disturbed: it listens on a port of its own and hands on what comes, both ways.
///
/// What it does to bytes, it does in their order: what was held up leaves before what comes after it.
public final class FaultyLink: Sendable {
    /// What becomes of everything until it is something else.
    public enum Condition: Equatable, Sendable {
        case clear
        /// New connections are reset.
        case cut
        /// Nothing gets through in either direction. Who connects is connected, as with a host that is hung.
        case stalled
        /// Everything takes this much longer.
        case slow(Duration)
    }

    /// What becomes of the next bytes that come.
    public enum Blow: Sendable {
        /// The first half gets through, then both ends are reset.
        case truncate
        /// Some bytes are left out.
        case drop
        /// Some bytes come twice.
        case duplicate
        /// One byte is another.
        case flip
    }

    private struct State {
        var condition = Condition.clear
        var connections: [ObjectIdentifier: LinkedPair] = [:]
    }

    /// One thread carries all links of a test process.
    private static let eventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    private let state = NIOLockedValueBox(State())
    private let listener = NIOLockedValueBox<(any Channel)?>(nil)
    /// The port to connect to instead.
    public let port: Int

    /// Listens.
    ///
    /// - Parameter upstream: The port on loopback to which it leads.
    public convenience init(to upstream: Int) async throws {
        try await self.init { upstream }
    }

    /// Listens.
    ///
    /// - Parameter upstream: The port on loopback to which the next connection leads; nil to reset it.
    public init(to upstream: @escaping @Sendable () -> Int?) async throws {
        let state = state
        let channel = try await ServerBootstrap(group: Self.eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                Self.accept(channel, upstream: upstream(), state)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLockedValue { $0 = channel }
        port = channel.localAddress?.port ?? 0
    }

    deinit {
        let channel = listener.withLockedValue { $0 }
        channel?.close(promise: nil)
        Self.eventLoop.execute { [state] in Self.resetAll(in: state) }
    }

    /// How many connections go through it now.
    public var connectionCount: Int { state.withLockedValue { $0.connections.count } }

    /// Changes what becomes of everything, for all that is sent once it returns. What was held up goes on when it is
    /// clear.
    public func set(_ condition: Condition) async {
        await onEventLoop { [state] in
            let pairs = state.withLockedValue { state in
                state.condition = condition
                return Array(state.connections.values)
            }
            for pair in pairs { condition == .cut ? pair.reset() : pair.set(condition) }
        }
    }

    /// Does it to the next bytes of each connection, in whichever direction they come, once it returns.
    public func strike(_ blow: Blow) async {
        await onEventLoop { [state] in
            for pair in state.withLockedValue({ Array($0.connections.values) }) { pair.strike(blow) }
        }
    }

    /// Resets all connections.
    public func reset() async {
        await onEventLoop { [state] in Self.resetAll(in: state) }
    }

    private static func resetAll(in state: NIOLockedValueBox<State>) {
        for pair in state.withLockedValue({ Array($0.connections.values) }) { pair.reset() }
    }

    /// Runs `body` between two looks at the sockets: what is sent after it comes after it.
    private func onEventLoop(_ body: @escaping @Sendable () -> Void) async {
        // The loop ends with the process only, so that there is no error to be told.
        try? await Self.eventLoop.submit(body).get()
    }

    private static func accept(
        _ channel: any Channel,
        upstream: Int?,
        _ state: NIOLockedValueBox<State>
    ) -> EventLoopFuture<Void> {
        let condition = state.withLockedValue { $0.condition }
        guard condition != .cut, let upstream else {
            return LinkedPair.reset(channel)
        }
        let pair = LinkedPair(near: channel, condition: condition)
        state.withLockedValue { $0.connections[ObjectIdentifier(pair)] = pair }
        channel.closeFuture.whenComplete { _ in
            state.withLockedValue { _ = $0.connections.removeValue(forKey: ObjectIdentifier(pair)) }
        }
        return pair.connect(to: upstream)
    }
}
