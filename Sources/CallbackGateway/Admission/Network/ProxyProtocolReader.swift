internal import NIOCore

/// Finds out where a connection comes from, and takes the PROXY protocol's header off its beginning if it is a named
/// proxy's that writes one. Whether there is a header is never guessed: anybody could write one.
final class ProxyProtocolReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Phase {
        /// The connection is not open yet.
        case opening
        /// What has come of a header.
        case header([UInt8], peer: NetworkAddress, timer: Scheduled<Void>)
        /// The rest is for others.
        case passing
        /// There was no header where one had to be.
        case closed
    }

    private let desk: AdmissionDesk
    private let timeout: TimeAmount
    private let onSource: (NetworkAddress?) -> Void
    private var phase = Phase.opening

    /// - Parameters:
    ///   - timeout: From the beginning of the connection to the end of the header, at most.
    ///   - onSource: Told where the connection comes from, or that nobody knows, before anything is passed on.
    init(desk: AdmissionDesk, timeout: TimeAmount, onSource: @escaping (NetworkAddress?) -> Void) {
        self.desk = desk
        self.timeout = timeout
        self.onSource = onSource
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .header(_, _, let timer) = phase { timer.cancel() }
        context.fireChannelInactive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard case .opening = phase else { return }
        let peer = context.channel.remoteAddress.flatMap { NetworkAddress($0) }
        let proxies = desk.policy.proxies
        guard let peer, proxies.beginsConnections, proxies.contains(peer) else {
            phase = .passing
            return onSource(peer)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = bound.value
            handler.close(context)
        }
        phase = .header([], peer: peer, timer: timer)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .passing:
            context.fireChannelRead(data)
        case .opening, .closed:
            break
        case .header(let bytes, let peer, let timer):
            let bytes = bytes + unwrapInboundIn(data).readableBytesView
            switch ProxyProtocolHeader.read(bytes) {
            case .incomplete:
                phase = .header(bytes, peer: peer, timer: timer)
            case .malformed:
                timer.cancel()
                close(context)
            case .complete(let length, let source):
                timer.cancel()
                phase = .passing
                onSource(source ?? peer)
                guard bytes.count > length else { return }
                context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: bytes[length...])))
            }
        }
    }

    private func close(_ context: ChannelHandlerContext) {
        phase = .closed
        desk.countMalformedProxyHeader()
        context.close(promise: nil)
    }
}
