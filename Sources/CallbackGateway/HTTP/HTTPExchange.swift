internal import NIOCore
internal import NIOHTTP1

/// Takes the requests of one connection to a responder, one after another, and writes the answers.
///
/// There is neither a task nor a timer for a request here: what waits for an answer is a closure, and the time of a request is
/// the guard's. What a client sends while it waits is held, and then nothing more is read; so it is, too, while a client
/// does not read its answers.
final class HTTPExchange: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Where the exchange is.
    private enum Phase {
        /// Before a request.
        case idle
        /// In the middle of a request.
        case receiving(any TakenRequest, body: ByteBuffer)
        /// In the middle of a request that has its answer.
        case passing
        /// A request waits for its answer.
        case answering
        /// Nothing more is answered.
        case over
    }

    /// Where the connection comes from; nil while nobody knows.
    var peer: NetworkAddress?

    private let responder: any HTTPResponder
    private let date: HTTPDate
    private var phase = Phase.idle
    /// What has come and is not looked at yet.
    private var held = CircularBuffer<HTTPServerRequestPart>()
    /// Whether what is held is being looked at.
    private var isLooking = false
    /// Whether something was to be read while something was held.
    private var owesRead = false
    /// Whether the connection is to end after what has begun: the client sends no more, or the gateway stops.
    private var isEnding = false

    init(responder: any HTTPResponder, date: HTTPDate) {
        self.responder = responder
        self.date = date
    }

    // MARK: - Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        held.append(unwrapInboundIn(data))
        look(context)
    }

    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { owesRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        look(context)
        context.fireChannelWritabilityChanged()
    }

    /// Looks at what is held until something has to be waited for.
    private func look(_ context: ChannelHandlerContext) {
        // An answer that is there at once leads back here.
        guard !isLooking else { return }
        isLooking = true
        while let part = next(context) { take(part, context) }
        isLooking = false
        if isEnding, held.isEmpty, case .idle = phase { return endWhenWritten(context) }
        guard owesRead, held.isEmpty else { return }
        owesRead = false
        context.read()
    }

    private func next(_ context: ChannelHandlerContext) -> HTTPServerRequestPart? {
        switch phase {
        case .idle: context.channel.isWritable ? held.popFirst() : nil
        case .receiving, .passing: held.popFirst()
        case .answering: nil
        case .over: held.popFirst()
        }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (phase, part) {
        case (.idle, .head(let head)):
            switch responder.begin(head, from: peer) {
            case .answered(let reply):
                phase = .passing
                write(reply, context)
            case .taken(let request):
                phase = .receiving(request, body: ByteBuffer())
            }
        case (.receiving(let request, var body), .body(var more)):
            guard let limit = request.maximumBodyLength else { break }
            guard body.readableBytes + more.readableBytes <= limit else {
                phase = .passing
                return write(request.bodyTooLong(), context)
            }
            // The phase must not hold on to the buffer, or it would be copied.
            phase = .passing
            if body.readableBytes == 0 { swap(&body, &more) } else { body.writeBuffer(&more) }
            phase = .receiving(request, body: body)
        case (.receiving(let request, let body), .end):
            phase = .answering
            finish(request, body, context)
        case (.passing, .end):
            phase = .idle
        case (.idle, _), (.receiving, .head), (.passing, _), (.answering, _), (.over, _):
            break
        }
    }

    private func finish(_ request: any TakenRequest, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        request.finish(body) { reply in
            if eventLoop.inEventLoop {
                let (exchange, context) = bound.value
                exchange.answer(reply, context)
            } else {
                eventLoop.execute {
                    let (exchange, context) = bound.value
                    exchange.answer(reply, context)
                }
            }
        }
    }

    // MARK: - Answers

    private func answer(_ reply: HTTPReply, _ context: ChannelHandlerContext) {
        // The connection may have ended while the answer was looked for.
        guard case .answering = phase else { return }
        // What the write brings about, such as a socket that takes no more, must not meet an exchange that takes requests.
        write(reply, context)
        if case .answering = phase { phase = .idle }
        look(context)
    }

    private func write(_ reply: HTTPReply, _ context: ChannelHandlerContext) {
        var reply = isEnding && held.isEmpty ? reply.closing() : reply
        reply.headers.add(name: "Date", value: date.text)
        let head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !reply.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        guard reply.isLast else { return }
        // Over TLS the end of the connection takes a while, and requests may come until then.
        phase = .over
        held.removeAll()
    }

    // MARK: - The end

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            isEnding = true
            look(context)
        } else if let event = event as? ChannelEvent, event == .inputClosed {
            isEnding = true
            look(context)
            // The rest of this request never comes.
            if case .receiving = phase { endWhenWritten(context) }
            if case .passing = phase { endWhenWritten(context) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .over
        held.removeAll()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        // What cannot go on at all ends the connection by itself. The answer to a request that was taken still leaves.
        case .answering: isEnding = true
        // So does the last answer.
        case .over: break
        case .idle, .receiving, .passing: endWhenWritten(context)
        }
    }

    /// Ends the connection when what was answered is out.
    private func endWhenWritten(_ context: ChannelHandlerContext) {
        phase = .over
        held.removeAll()
        context.triggerUserOutboundEvent(RequestGuard.EndWhenWritten(), promise: nil)
    }
}
