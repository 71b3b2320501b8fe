import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

@testable import CallbackGateway

/// A connection of the gateway as the server makes it, whose requests are answered at once.
///
/// The first byte says in what pieces the rest comes in.
func fuzzHTTP(_ input: [UInt8]) {
    guard let step = input.first else { return }
    let channel = EmbeddedChannel()
    let answering = Answering()
    do {
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false
        )
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            RequestGuard(
                maximumHeaderLength: 16_384,
                requestTimeout: .seconds(5),
                idleTimeout: .seconds(75),
                rejected: { _ in answering.rejections += 1 }
            )
        )
        try channel.pipeline.syncOperations.addHandler(answering)
        channel.pipeline.fireChannelActive()
    } catch {
        fatalError("\(error)")
    }
    var rest = input.dropFirst()
    while !rest.isEmpty, channel.isActive || rest.count == input.count - 1 {
        let piece = rest.prefix(max(1, Int(step)))
        rest = rest.dropFirst(piece.count)
        _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
    }
    var written = 0
    while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { written += buffer.readableBytes }
    demand(answering.answers <= answering.requests, "\(answering.answers) answers, \(answering.requests) requests")
    demand(answering.rejections <= 1, "\(answering.rejections) errors on one connection")
    demand(written <= 4_096 * (answering.answers + answering.rejections + 1), "\(written) bytes")
    _ = try? channel.finish(acceptAlreadyClosed: true)
}

private final class Answering: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    var requests = 0
    var answers = 0
    var rejections = 0
    private var isOpen = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            demand(!isOpen, "a request within a request")
            isOpen = true
            requests += 1
        case .body: demand(isOpen, "a body without a request")
        case .end:
            demand(isOpen, "an end without a request")
            isOpen = false
            answers += 1
            context.write(wrapOutboundOut(.head(HTTPResponse(status: .ok))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
