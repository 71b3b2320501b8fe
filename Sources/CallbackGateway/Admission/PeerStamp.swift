internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Writes into each request where its connection comes from, and reads the PROXY protocol's header where a named proxy
/// begins a connection with one.
///
/// The address travels in a header field of ours, in the place of whatever a client has written there, because the
/// connection may be gone, and its address with it, when the request is looked at.
final class PeerStamp: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    /// The header field with the address; absent when it is not known.
    static let field = HTTPField.Name("X-NeedRecord-Peer")!

    private let desk: AdmissionDesk
    private let headerTimeout: TimeAmount
    private var peer: String?

    /// - Parameters:
    ///   - desk: Knows the proxies.
    ///   - headerTimeout: How long a proxy may take for its header.
    init(desk: AdmissionDesk, headerTimeout: Duration) {
        self.desk = desk
        self.headerTimeout = TimeAmount(headerTimeout)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        try? context.pipeline.syncOperations.addHandler(
            ProxyProtocolReader(desk: desk, timeout: headerTimeout, onSource: { self.peer = $0?.description }),
            position: .first
        )
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        head.headerFields[Self.field] = peer
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
