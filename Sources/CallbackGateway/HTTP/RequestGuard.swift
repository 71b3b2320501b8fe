internal import NIOCore
internal import NIOHTTP1

/// Keeps a connection from waiting for ever: answers requests that come too slowly, have too long header fields or are
/// no HTTP with a JSON error, ends connections that are idle or whose client does not read its answers, and ends one after
/// an answer that says `Connection: close`.
///
/// The time for a request counts from its first byte, so a sender that drips one byte at a time gains nothing; the time
/// of a request that comes while another one is answered counts from that answer, and of one whose beginning comes with the
/// end of another, from the next byte. There is one timer for each connection, not for each request: it is set again when
/// it fires, and before that only for what is due earlier.
final class RequestGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Ends the connection when the answers that it has got are out; triggered by whoever writes them.
    struct EndWhenWritten {}

    /// How long a stop waits for a client that does nothing.
    private static let patienceOfStop = TimeAmount.seconds(5)

    /// What is waited for.
    private enum Phase {
        /// The first byte of a request.
        case idle
        /// The rest of a request.
        case receiving
        /// An answer, which has a deadline of its own.
        case answering
        /// That the last answer of this connection is out; nothing else is.
        case closing
    }

    private let maximumHeaderLength: Int
    private let requestTimeout: TimeAmount
    private let idleTimeout: TimeAmount
    private let rejected: @Sendable (HTTPResponseStatus) -> Void
    private var phase = Phase.idle
    /// Whether a request has begun to come and has not come to its end.
    private var isReceiving = false
    /// Whether the head of the request that comes is there.
    private var hasHead = false
    /// Whether the handlers after this one are still to be told that the gateway stops.
    private var owesStop = false
    /// How many requests have come to their end and are not answered; -1 while the rest of one comes that has been
    /// answered already.
    private var unanswered = 0
    private var answerEndsConnection = false
    /// Whether nothing more can be understood of what comes; what came before is still answered.
    private var isInputBroken = false
    /// Whether the request that comes asks for another protocol, after which the parser takes nothing more.
    private var isUpgrade = false
    /// Whether there was an answer, of which some may wait for the socket.
    private var hasAnswered = false
    /// When the phase is over, if it has a limit.
    private var deadline: NIODeadline?
    /// When the client has to have read enough of what was written that more can be; nil while it has.
    private var readingDeadline: NIODeadline?
    /// How long to wait for a client that does nothing.
    private var patience: TimeAmount
    private var timer: (task: Scheduled<Void>, fires: NIODeadline)?
    /// Whose time it is.
    private var eventLoop: (any EventLoop)?

    /// - Parameters:
    ///   - maximumHeaderLength: The most bytes of all header fields of a request together.
    ///   - requestTimeout: From the first byte of a request to its last, at most.
    ///   - idleTimeout: How long there may be nothing to do.
    ///   - rejected: Called for each error that is answered here.
    init(
        maximumHeaderLength: Int,
        requestTimeout: Duration,
        idleTimeout: Duration,
        rejected: @escaping @Sendable (HTTPResponseStatus) -> Void
    ) {
        self.maximumHeaderLength = maximumHeaderLength
        self.requestTimeout = TimeAmount(requestTimeout)
        self.idleTimeout = TimeAmount(idleTimeout)
        patience = self.idleTimeout
        self.rejected = rejected
    }

    /// Stands before the HTTP parser, and after what is no request yet, such as TLS.
    var firstByteNotice: some ChannelHandler { FirstByteNotice(self) }

    func handlerAdded(context: ChannelHandlerContext) {
        eventLoop = context.eventLoop
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
        deadline = now + idleTimeout
        setTimer(context)
    }

    /// Finds out what is waited for now; the time for it begins when that is something else than before.
    private func updatePhase() {
        let next: Phase = unanswered > 0 ? .answering : isReceiving ? .receiving : .idle
        guard phase != .closing, phase != next else { return }
        phase = next
        switch next {
        case .idle: deadline = now + idleTimeout
        case .receiving: deadline = now + requestTimeout
        case .answering, .closing: deadline = nil
        }
    }

    // MARK: - Requests

    /// Whether nothing that comes is of use any more.
    fileprivate var takesNothing: Bool { isInputBroken || phase == .closing }

    /// Bytes came in, which belong to a new request unless one is under way.
    fileprivate func bytesArrived() {
        isReceiving = true
        updatePhase()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if takesNothing { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            isReceiving = true
            hasHead = true
            isUpgrade = head.isUpgrade
            guard head.headers.length <= maximumHeaderLength else { return breakInput(context, .headerTooLong) }
        case .body:
            break
        case .end:
            isReceiving = false
            hasHead = false
            unanswered += 1
            isInputBroken = isUpgrade
        }
        updatePhase()
        context.fireChannelRead(data)
        guard owesStop, hasHead else { return }
        owesStop = false
        context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        setTimer(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        // The client has ended in the middle of a request, which needs no answer then; those before may be on their way.
        if error == .invalidEOFState, phase != .answering { return endWhenWritten(context, nil) }
        breakInput(context, error == .headerOverflow ? .headerTooLong : .malformedRequest)
    }

    /// Takes nothing more; what came before is answered first.
    private func breakInput(_ context: ChannelHandlerContext, _ reply: HTTPReply) {
        switch phase {
        case .idle, .receiving: reject(context, with: reply)
        case .answering: isInputBroken = true
        case .closing: break
        }
    }

    // MARK: - Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if phase == .closing {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head):
            hasAnswered = true
            if head.headers.first(name: "Connection") == "close" { answerEndsConnection = true }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            unanswered -= 1
            guard !answerEndsConnection, !isInputBroken || unanswered > 0 else {
                return writeLast(data, context, promise)
            }
            updatePhase()
            setTimer(context)
            context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard event is EndWhenWritten else { return context.triggerUserOutboundEvent(event, promise: promise) }
        endWhenWritten(context, promise)
    }

    private func endWhenWritten(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard phase != .closing else { return }
        // Before the handshake of TLS is over, not even nothing can be written.
        guard hasAnswered else { return end(context) }
        // Nothing, but when it is written everything before it is.
        writeLast(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), context, promise)
    }

    /// Writes what is last on this connection, and ends it when that is out.
    private func writeLast(_ data: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        phase = .closing
        deadline = now + patience
        setTimer(context)
        let written = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.writeAndFlush(data, promise: written)
    }

    /// Ends the connection at once.
    private func end(_ context: ChannelHandlerContext) {
        phase = .closing
        context.close(promise: nil)
    }

    /// Ends the connection because of the request that is coming.
    private func reject(_ context: ChannelHandlerContext, with reply: HTTPReply) {
        // What is wrong with the rest of a request that has its answer needs none.
        guard unanswered == 0 else { return endWhenWritten(context, nil) }
        rejected(reply.status)
        let head = HTTPResponseHead(version: .http1_1, status: reply.status, headers: reply.headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
        writeLast(wrapOutboundOut(.end(nil)), context, nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        readingDeadline = context.channel.isWritable ? nil : now + patience
        setTimer(context)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            // During a stop a client that does nothing is given less time.
            patience = min(idleTimeout, Self.patienceOfStop)
            // Whoever is in the middle of a request, too.
            if phase == .closing || phase == .receiving { deadline = min(deadline ?? .distantFuture, now + patience) }
            if readingDeadline != nil { readingDeadline = now + patience }
            setTimer(context)
            // Who waits for heads would take this connection for idle, and end it in the middle of one.
            owesStop = phase == .receiving && !hasHead
            if owesStop { return }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: - Time

    private var now: NIODeadline { eventLoop?.now ?? .now() }

    private var nextDeadline: NIODeadline? {
        guard let deadline, let readingDeadline else { return deadline ?? readingDeadline }
        return min(deadline, readingDeadline)
    }

    private func setTimer(_ context: ChannelHandlerContext) {
        guard let deadline = nextDeadline else { return }
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
        if let readingDeadline, readingDeadline <= now { return end(context) }
        guard let deadline, deadline <= now else { return setTimer(context) }
        switch phase {
        case .idle, .closing: end(context)
        case .receiving: reject(context, with: .requestTimeout)
        case .answering: break
        }
    }
}

extension HTTPRequestHead {
    /// Whether the parser takes what follows for another protocol.
    var isUpgrade: Bool { method == .CONNECT || headers.contains(name: "Upgrade") }
}

extension HTTPHeaders {
    /// The bytes of all header fields, names and values.
    fileprivate var length: Int {
        reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
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
        // The parser would take it for an error once more, or keep it for ever.
        if requestGuard.takesNothing { return }
        // Empty lines between requests are ignored (RFC 9112, section 2.2).
        let isRequest = unwrapInboundIn(data).readableBytesView.contains { $0 != 0x0D && $0 != 0x0A }
        if isRequest { requestGuard.bytesArrived() }
        context.fireChannelRead(data)
    }
}
