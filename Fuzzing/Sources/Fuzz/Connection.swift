import DecisionCore
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import CallbackGateway

/// A connection of the gateway as the server makes it, whose requests are answered at once.
///
/// The first byte says in what pieces the rest comes in.
func fuzzHTTP(_ input: [UInt8]) {
    guard let step = input.first else { return }
    let channel = EmbeddedChannel()
    let answering = Answering(eventLoop: channel.eventLoop)
    let rejections = NIOLoopBoundBox(0, eventLoop: channel.eventLoop)
    do {
        let pipeline = channel.pipeline.syncOperations
        try CallbackChannel.addHTTP(to: pipeline, GatewayConfiguration(), rejected: { _ in rejections.value += 1 })
        let date = HTTPDate(now: { Timestamp(millisecondsSinceEpoch: 0) })
        try pipeline.addHandler(HTTPExchange(responder: answering, date: date))
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
    let counts = answering.counts.value
    demand(counts.finished <= counts.begun, "\(counts.finished) requests of \(counts.begun) came to their end")
    demand(rejections.value <= 1, "\(rejections.value) errors on one connection")
    demand(written <= 4_096 * (counts.begun + rejections.value + 1), "\(written) bytes")
    _ = try? channel.finish(acceptAlreadyClosed: true)
}

/// Takes every other request with its body, and every third as long as it is short.
private final class Answering: HTTPResponder {
    struct Counts {
        var begun = 0
        var finished = 0
    }

    let counts: NIOLoopBoundBox<Counts>

    init(eventLoop: any EventLoop) {
        counts = NIOLoopBoundBox(Counts(), eventLoop: eventLoop)
    }

    func begin(_ head: HTTPRequestHead, from peer: NetworkAddress?) -> RequestBeginning {
        counts.value.begun += 1
        return switch counts.value.begun % 3 {
        case 0: .answered(.notFound)
        case 1: .taken(Request(maximumBodyLength: nil, counts: counts))
        default: .taken(Request(maximumBodyLength: 16, counts: counts))
        }
    }

    struct Request: TakenRequest {
        let maximumBodyLength: Int?
        let counts: NIOLoopBoundBox<Counts>

        func bodyTooLong() -> HTTPReply { .bodyTooLong(limit: 16) }

        func finish(_ body: ByteBuffer, onReply: @escaping @Sendable (HTTPReply) -> Void) {
            demand(body.readableBytes <= maximumBodyLength ?? 0, "a body of \(body.readableBytes) bytes")
            counts.value.finished += 1
            onReply(HTTPReply(.ok, body: []))
        }
    }
}
