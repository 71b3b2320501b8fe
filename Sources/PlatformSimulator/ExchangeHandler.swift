internal import NIOCore
internal import NIOHTTP1

/// The end of a connection's pipeline: writes questions, puts answers together, says when the connection is gone.
final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Whom to tell. Empty before the connection is in use and once it was given up, when what happens to it does not
    /// matter.
    weak var connection: PlatformConnection?

    private var context: ChannelHandlerContext?
    private var answer: ReceivedAnswer?

    func send(_ request: HTTPRequestHead) {
        guard let context else { return }
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func giveUp() {
        connection = nil
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = ReceivedAnswer(head: head)
            connection?.answerBegan()
        case .body(let part):
            answer?.append(part)
        case .end:
            guard let answer = answer.take() else { return }
            connection?.answerEnded(answer)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let connection = connection
        giveUp()
        connection?.lost(CallbackFailure(using: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        let connection = connection
        self.connection = nil
        connection?.lost(.closed)
    }
}
