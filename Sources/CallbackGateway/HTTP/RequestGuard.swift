internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Keeps a connection from waiting for ever: answers requests that come too slowly or are no HTTP with a JSON error,
/// ends connections that are idle, and ends one after an answer that says `Connection: close`.
///
/// The time for a request counts from its first byte, so a sender that drips one byte at a time gains nothing. There is
/// one timer for each connection, not for each request: it is set again only when it fires.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        /// Between requests; goes to `receiving` with the first byte.
        case idle
        /// A request has begun to come; goes to `answering` with its end.
        case receiving
        /// The request is complete; goes to `idle` with the end of its answer.
        case answering
        /// The last answer of this connection has been written.
        case closing
    }

    private let requestTimeout: TimeAmount
    private let idleTimeout: TimeAmount
    private let rejected: @Sendable (HTTPResponse.Status) -> Void
    private var phase = Phase.idle
    private var answerEndsConnection = false
    /// When the phase is over; nil while an answer is being made, which has a deadline of its own.
    private var deadline: NIODeadline?
    private var timer: (task: Scheduled<Void>, fires: NIODeadline)?

    /// - Parameter rejected: Called for each error that is answered here.
    init(requestTimeout: Duration, idleTimeout: Duration, rejected: @escaping @Sendable (HTTPResponse.Status) -> Void) {
        self.requestTimeout = TimeAmount(requestTimeout)
        self.idleTimeout = TimeAmount(idleTimeout)
        self.rejected = rejected
    }

    func handlerAdded(context: ChannelHandlerContext) {
        try? context.pipeline.syncOperations.addHandler(FirstByteNotice(self), position: .first)
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        deadline = .now() + idleTimeout
        setTimer(context)
    }

    // MARK: - Requests

    /// Bytes came in, which belong to a new request unless one is under way.
    fileprivate func bytesArrived() {
        guard case .idle = phase else { return }
        phase = .receiving
        deadline = .now() + requestTimeout
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .closing = phase { return }
        if case .end = unwrapInboundIn(data) {
            phase = .answering
            deadline = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        setTimer(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        switch phase {
        case .idle, .receiving: reject(context, with: error == .headerOverflow ? .headerTooLong : .malformedRequest)
        // The answer to the request before is still being made, and nothing after it can be understood.
        case .answering: answerEndsConnection = true
        case .closing: break
        }
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .closing = phase {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.headerFields[.connection] == "close" { answerEndsConnection = true }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            guard !answerEndsConnection else {
                phase = .closing
                context.writeAndFlush(data, promise: promise)
                return context.close(promise: nil)
            }
            phase = .idle
            deadline = .now() + idleTimeout
            setTimer(context)
            context.write(data, promise: promise)
        }
    }

    private func reject(_ context: ChannelHandlerContext, with reply: HTTPReply) {
        rejected(reply.status)
        phase = .closing
        let head = HTTPResponse(status: reply.status, headerFields: reply.headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: reply.body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    // MARK: - Time

    private func setTimer(_ context: ChannelHandlerContext) {
        guard let deadline else { return }
        if let timer {
            guard timer.fires > deadline else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            let (handler, context) = bound.value
            handler.timerFired(context)
        }
        timer = (task, deadline)
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        timer = nil
        guard let deadline else { return }
        guard deadline <= .now() else { return setTimer(context) }
        switch phase {
        case .idle: context.close(promise: nil)
        case .receiving: reject(context, with: .requestTimeout)
        case .answering, .closing: break
        }
    }
}

/// Stands before the HTTP parser and tells the guard of the first byte of a request.
private final class FirstByteNotice: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let requestGuard: RequestGuard

    init(_ requestGuard: RequestGuard) {
        self.requestGuard = requestGuard
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        requestGuard.bytesArrived()
        context.fireChannelRead(data)
    }
}
