import DecisionCore
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import CallbackGateway

/// A connection of the gateway as the server makes it.
///
/// The first byte says in what pieces the rest comes in; some requests are answered only after the next piece.
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
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    } catch {
        fatalError("\(error)")
    }
    var rest = input.dropFirst()
    while !rest.isEmpty, channel.isActive {
        let piece = rest.prefix(max(1, Int(step)))
        rest = rest.dropFirst(piece.count)
        let waiting = answering.state.value.waiting
        answering.state.value.waiting = []
        _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
        for onReply in waiting { onReply(HTTPReply(.ok, body: [])) }
    }
    var written = 0
    var answers = 0
    while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
        written += buffer.readableBytes
        // A head is written by itself.
        if buffer.readableBytesView.starts(with: "HTTP/1.1 ".utf8) { answers += 1 }
    }
    let counts = answering.state.value
    demand(
        answers <= counts.begun + rejections.value,
        "\(answers) answers, \(counts.begun) requests, \(rejections.value) errors"
    )
    demand(counts.waiting.count <= 1, "\(counts.waiting.count) requests at once")
    demand(rejections.value <= 1, "\(rejections.value) errors on one connection")
    demand(written <= 4_096 * (counts.begun + rejections.value + 1), "\(written) bytes")
    _ = try? channel.finish(acceptAlreadyClosed: true)
}

/// Refuses every third request, takes every third one with a short body, and has every other one of those that it takes
/// wait for its answer.
private final class Answering: HTTPResponder {
    struct State {
        var begun = 0
        var waiting: [@Sendable (HTTPReply) -> Void] = []
    }

    let state: NIOLoopBoundBox<State>

    init(eventLoop: any EventLoop) {
        state = NIOLoopBoundBox(State(), eventLoop: eventLoop)
    }

    func begin(_ head: HTTPRequestHead, from peer: NetworkAddress?) -> RequestBeginning {
        state.value.begun += 1
        let number = state.value.begun
        if number.isMultiple(of: 3) { return .answered(.notFound) }
        let limit = number % 3 == 1 ? nil : 16
        return .taken(Request(maximumBodyLength: limit, mustWait: number.isMultiple(of: 2), state: state))
    }

    struct Request: TakenRequest {
        let maximumBodyLength: Int?
        let mustWait: Bool
        let state: NIOLoopBoundBox<State>

        func bodyTooLong() -> HTTPReply { .bodyTooLong(limit: 16) }

        func finish(_ body: ByteBuffer, onReply: @escaping @Sendable (HTTPReply) -> Void) {
            demand(body.readableBytes <= maximumBodyLength ?? 0, "a body of \(body.readableBytes) bytes")
            if mustWait { state.value.waiting.append(onReply) } else { onReply(HTTPReply(.ok, body: [])) }
        }
    }
}
