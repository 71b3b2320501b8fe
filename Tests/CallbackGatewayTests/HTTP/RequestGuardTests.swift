import DecisionCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import CallbackGateway

@Suite struct RequestGuardTests {
    /// Runs `body` with a connection whose request waits for its answer, so that nothing limits its time.
    private func withRequest(_ body: (EmbeddedChannel, WriteHolder) throws -> Void) throws {
        let channel = EmbeddedChannel()
        let holder = WriteHolder()
        try channel.pipeline.syncOperations.addHandler(holder)
        try channel.pipeline.syncOperations.addHandler(RequestGuard.tested)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
        try body(channel, holder)
        holder.fail()
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private func setWritable(_ isWritable: Bool, _ channel: EmbeddedChannel) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    private func answer(_ channel: EmbeddedChannel) {
        let head = HTTPResponseHead(version: .http1_1, status: .ok)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: channel.eventLoop.makePromise())
    }

    private func answerLast(_ channel: EmbeddedChannel) {
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Connection": "close"])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }

    @Test func `A client that does not read its answers is not waited for beyond the idle time`() throws {
        try withRequest { channel, _ in
            setWritable(false, channel)
            channel.embeddedEventLoop.advanceTime(by: .seconds(74))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
    }

    @Test func `A client that reads in the end goes on`() throws {
        try withRequest { channel, _ in
            setWritable(false, channel)
            channel.embeddedEventLoop.advanceTime(by: .seconds(74))
            setWritable(true, channel)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1_000))
            #expect(channel.isActive)
        }
    }

    @Test func `The connection ends when its last answer is out, and not before`() throws {
        try withRequest { channel, holder in
            answerLast(channel)
            #expect(channel.isActive)
            holder.succeed()
            #expect(!channel.isActive)
        }
    }

    @Test func `The connection ends when it is to, and what was answered is out`() throws {
        try withRequest { channel, holder in
            answer(channel)
            channel.triggerUserOutboundEvent(RequestGuard.EndWhenWritten(), promise: nil)
            holder.succeedFirst()
            #expect(channel.isActive)
            holder.succeed()
            #expect(!channel.isActive)
        }
    }

    @Test func `A client that ends in the middle of a request gets the answers to those before, and no other`() throws {
        try withRequest { channel, holder in
            answer(channel)
            channel.pipeline.fireErrorCaught(HTTPParserError.invalidEOFState)
            #expect(holder.headCount == 1)
            holder.succeedFirst()
            #expect(channel.isActive)
            holder.succeed()
            #expect(!channel.isActive)
        }
        try withRequest { channel, holder in
            answerLast(channel)
            channel.pipeline.fireErrorCaught(HTTPParserError.invalidEOFState)
            #expect(channel.isActive)
            holder.succeed()
            #expect(!channel.isActive)
        }
    }

    @Test func `A stop waits for a client that does not read no longer than five seconds`() throws {
        try withRequest { channel, _ in
            answerLast(channel)
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            channel.embeddedEventLoop.advanceTime(by: .seconds(4))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
        try withRequest { channel, _ in
            setWritable(false, channel)
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            channel.embeddedEventLoop.advanceTime(by: .seconds(4))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
    }

    @Test func `A stop waits for the rest of a request no longer than five seconds`() throws {
        try withRequest { channel, holder in
            answer(channel)
            try channel.writeInbound(
                HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"))
            )
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            channel.embeddedEventLoop.advanceTime(by: .seconds(4))
            #expect(holder.headCount == 1)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            // 408
            #expect(holder.headCount == 2)
        }
    }

    /// Runs `body` with a connection that takes bytes, of which `bytes` are there when the gateway is to stop.
    private func withStop(after bytes: String, _ body: (EmbeddedChannel, ScriptedResponder) throws -> Void) throws {
        let channel = EmbeddedChannel()
        let responder = ScriptedResponder(eventLoop: channel.embeddedEventLoop)
        let date = HTTPDate(now: { Timestamp(millisecondsSinceEpoch: 0) })
        try CallbackChannel.addHTTP(to: channel.pipeline.syncOperations, GatewayConfiguration(), rejected: { _ in })
        try channel.pipeline.syncOperations.addHandler(HTTPExchange(responder: responder, date: date))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(string: bytes))
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        try body(channel, responder)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private func written(_ channel: EmbeddedChannel) throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    @Test(arguments: ["G", "GET /1 HTTP/1.1\r\nHost: a\r\n"])
    func `A request of whose head some is there when the gateway stops has its answer, which is the last`(
        bytes: String
    ) throws {
        try withStop(after: bytes) { channel, responder in
            #expect(channel.isActive)
            let request = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
            try channel.writeInbound(ByteBuffer(substring: request.dropFirst(bytes.count)))
            let onReply = try #require(responder.waiting.value["/1"])
            #expect(channel.isActive)
            onReply(HTTPReply(.ok, body: []))
            let answer = try written(channel)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(!channel.isActive)
        }
    }

    @Test func `A stop waits for the rest of a head no longer than five seconds`() throws {
        try withStop(after: "GET /1 HT") { channel, responder in
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(4_999))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
            let answer = try written(channel)
            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(!channel.isActive)
            #expect(responder.waiting.value.isEmpty)
        }
    }

    @Test(arguments: ["", "\r\n"])
    func `A stop ends a connection that waits for a request`(bytes: String) throws {
        try withStop(after: bytes) { channel, _ in
            #expect(!channel.isActive)
            let answer = try written(channel)
            #expect(answer.isEmpty)
        }
    }

    @Test func `A connection without any answer ends at once when it is to`() throws {
        try withRequest { channel, _ in
            channel.triggerUserOutboundEvent(RequestGuard.EndWhenWritten(), promise: nil)
            #expect(!channel.isActive)
        }
    }

    @Test func `What is wrong with the rest of a request that has its answer costs no answer`() throws {
        let channel = EmbeddedChannel()
        let holder = WriteHolder()
        try channel.pipeline.syncOperations.addHandlers([holder, RequestGuard.tested])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/nowhere")
        try channel.writeInbound(HTTPServerRequestPart.head(head))
        answer(channel)
        channel.pipeline.fireErrorCaught(HTTPParserError.invalidChunkSize)
        #expect(channel.isActive)
        #expect(holder.headCount == 1)
        holder.succeed()
        #expect(!channel.isActive)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `A last answer that does not get out is not waited for beyond the idle time`() throws {
        try withRequest { channel, _ in
            answerLast(channel)
            channel.embeddedEventLoop.advanceTime(by: .seconds(74))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
    }
}

extension RequestGuard {
    /// A guard of nothing special.
    static var tested: RequestGuard {
        RequestGuard(
            maximumHeaderLength: 1_000,
            requestTimeout: .seconds(10),
            idleTimeout: .seconds(75),
            rejected: { _ in }
        )
    }
}

/// A socket that takes nothing until it is told to.
final class WriteHolder: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart

    /// How many answers were begun.
    private(set) var headCount = 0
    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head = unwrapOutboundIn(data) { headCount += 1 }
        if let promise { promises.append(promise) }
    }

    func succeedFirst() { promises.removeFirst().succeed() }

    func succeed() {
        for promise in promises { promise.succeed() }
        promises = []
    }

    func fail() {
        for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
        promises = []
    }
}
