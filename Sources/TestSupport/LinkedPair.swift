import DequeModule
import Glibc
import NIOCore
import NIOPosix

/// One connection through a ``FaultyLink``: two sockets, and what is on its way between them.
///
/// Used on its event loop only, which is what `@unchecked Sendable` rests on.
final class LinkedPair: @unchecked Sendable {
    /// What one side has sent and the other has not yet been given.
    private struct Pipe {
        enum Item {
            case bytes(ByteBuffer, due: NIODeadline)
            /// That side sends no more.
            case end
        }

        var items = Deque<Item>()
        var timer: Scheduled<Void>?
    }

    private let near: any Channel
    private var far: (any Channel)?
    private var condition: FaultyLink.Condition
    private var blow: FaultyLink.Blow?
    private var toFar = Pipe()
    private var toNear = Pipe()

    init(near: any Channel, condition: FaultyLink.Condition) {
        self.near = near
        self.condition = condition
    }

    /// Ends a connection as a host does that knows nothing of it.
    @discardableResult
    static func reset(_ channel: any Channel) -> EventLoopFuture<Void> {
        let isSet = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        return (isSet ?? channel.eventLoop.makeSucceededVoidFuture()).flatMap { channel.close() }.recover { _ in }
    }

    func connect(to port: Int) -> EventLoopFuture<Void> {
        let nearEnd = LinkEnd { [self] event in received(event, isFromNear: true) }
        return near.pipeline.addHandler(nearEnd).flatMap { [self] in
            ClientBootstrap(group: near.eventLoop)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelInitializer { [self] channel in
                    channel.pipeline.addHandler(LinkEnd { [self] event in received(event, isFromNear: false) })
                }
                .connect(host: "127.0.0.1", port: port)
        }.map { [self] channel in
            // The near end is read from now on only.
            far = channel
        }.flatMapErrorThrowing { [self] error in
            reset()
            throw error
        }
    }

    func set(_ condition: FaultyLink.Condition) {
        self.condition = condition
        // What has not been struck by now is not struck any more, or a fault would come long after its time.
        blow = nil
        pump()
    }

    func strike(_ blow: FaultyLink.Blow) {
        self.blow = blow
    }

    func reset() {
        toFar.items.removeAll()
        toNear.items.removeAll()
        Self.reset(near)
        if let far { Self.reset(far) }
    }

    private func received(_ event: LinkEnd.Event, isFromNear: Bool) {
        let pipe = isFromNear ? \LinkedPair.toFar : \LinkedPair.toNear
        switch event {
        case .bytes(var bytes):
            var isLast = false
            if let blow, bytes.readableBytes > 1 {
                self.blow = nil
                isLast = Self.apply(blow, to: &bytes)
            }
            var due = NIODeadline.now()
            if case .slow(let delay) = condition { due = due + TimeAmount(delay) }
            self[keyPath: pipe].items.append(.bytes(bytes, due: due))
            pump()
            if isLast { reset() }
        case .end:
            self[keyPath: pipe].items.append(.end)
            pump()
        case .gone:
            // A reset travels past what is held up.
            reset()
        }
    }

    /// - Returns: Whether the connection ends after them.
    private static func apply(_ blow: FaultyLink.Blow, to bytes: inout ByteBuffer) -> Bool {
        let (start, count) = (bytes.readerIndex, bytes.readableBytes)
        let half = bytes.getSlice(at: start, length: count / 2) ?? ByteBuffer()
        switch blow {
        case .truncate:
            bytes = half
            return true
        case .drop:
            bytes = half
        case .duplicate:
            var twice = half
            twice.writeImmutableBuffer(bytes)
            bytes = twice
        case .flip:
            let index = start + count / 2
            bytes.setInteger((bytes.getInteger(at: index) ?? UInt8(0)) ^ 0x20, at: index)
        }
        return false
    }

    private func pump() {
        pump(\.toFar, into: far)
        pump(\.toNear, into: near)
    }

    private func pump(_ pipe: ReferenceWritableKeyPath<LinkedPair, Pipe>, into channel: (any Channel)?) {
        guard let channel, condition != .stalled else { return }
        self[keyPath: pipe].timer?.cancel()
        while let item = self[keyPath: pipe].items.first {
            switch item {
            case .bytes(let bytes, let due):
                guard due <= .now() else {
                    self[keyPath: pipe].timer = channel.eventLoop.assumeIsolated().scheduleTask(deadline: due) {
                        [self] in
                        pump()
                    }
                    return
                }
                // Before it is written: writing may end the connection, and with it all that is here.
                self[keyPath: pipe].items.removeFirst()
                channel.writeAndFlush(bytes, promise: nil)
            case .end:
                self[keyPath: pipe].items.removeFirst()
                channel.close(mode: .output, promise: nil)
            }
        }
    }
}

/// The handler of one socket of a ``LinkedPair``.
private final class LinkEnd: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    enum Event {
        case bytes(ByteBuffer)
        case end
        case gone
    }

    private let onEvent: @Sendable (Event) -> Void

    init(_ onEvent: @escaping @Sendable (Event) -> Void) {
        self.onEvent = onEvent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onEvent(.bytes(unwrapInboundIn(data)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { onEvent(.end) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onEvent(.gone)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
