import DecisionCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import CallbackGateway

@Suite struct HTTPExchangeTests {
    @Test func `Requests are taken one after another, and answered in their order`() throws {
        let script = try Script()
        try script.request("/1")
        try script.request("/2")
        #expect(script.asked == ["/1"])
        script.answer("/1")
        #expect(try script.answers() == ["/1"])
        #expect(script.asked == ["/1", "/2"])
        script.answer("/2")
        #expect(try script.answers() == ["/2"])
    }

    @Test func `While a request waits, what follows is held and nothing more is read`() throws {
        let script = try Script()
        try script.request("/1")
        // The end of the connection would not be seen if nothing were read at all.
        script.read()
        #expect(script.reads == 1)
        try script.request("/2")
        script.read()
        #expect(script.reads == 1)
        script.answer("/1")
        #expect(script.reads == 2)
        #expect(script.asked == ["/1", "/2"])
    }

    @Test func `A client that does not read its answers is asked nothing more`() throws {
        let script = try Script()
        script.channel.isWritable = false
        try script.request("/1")
        #expect(script.asked == [])
        script.channel.isWritable = true
        script.channel.pipeline.fireChannelWritabilityChanged()
        #expect(script.asked == ["/1"])
    }

    @Test func `An answer from another thread is written on the event loop`() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let channel = NIOAsyncTestingChannel(loop: loop)
        let responder = ScriptedResponder(eventLoop: loop)
        try await loop.submit {
            let exchange = HTTPExchange(responder: responder, date: Script.date)
            try channel.pipeline.syncOperations.addHandler(exchange)
        }.get()
        try await channel.writeInbound(HTTPServerRequestPart.head(Script.head("/1")))
        try await channel.writeInbound(HTTPServerRequestPart.end(nil))
        let onReply = try #require(try await loop.submit { responder.waiting.value["/1"] }.get())
        onReply(ScriptedResponder.reply("/1"))
        let part = try await channel.waitForOutboundWrite(as: HTTPServerResponsePart.self)
        guard case .head(let head) = part else { return #expect(Bool(false), "\(part)") }
        #expect(head.headers.first(name: "X-Path") == "/1")
        _ = try? await channel.finish()
    }

    @Test func `What a write brings about while the gateway stops meets nobody who takes requests`() throws {
        let script = try Script()
        try script.request("/1")
        script.quiesce()
        script.whenWritten = { $0.pipeline.fireChannelWritabilityChanged() }
        script.answer("/1")
        // Its end as well as its head: the connection was not ended in between.
        #expect(try script.parts() == ["head", "end"])
        #expect(script.isClosed)
    }

    @Test(arguments: [false, true])
    func `A connection ends when what was answered is out, and not before`(isStop: Bool) throws {
        let holder = WriteHolder()
        let script = try Script(socket: holder)
        try script.request("/1")
        script.answer("/1")
        // In the middle of the next one, whose rest does not come when the client ends.
        if !isStop { try script.request("/16", isComplete: false) }
        if isStop { script.quiesce() } else { script.closeInput() }
        #expect(!script.isClosed)
        holder.succeed()
        #expect(script.isClosed)
    }

    // MARK: - Bodies

    @Test func `A body comes in pieces and is handed over whole`() throws {
        let script = try Script()
        try script.request("/16", body: ["0123", "4567", "89ABCDEF"])
        #expect(script.bodies == ["0123456789ABCDEF"])
    }

    @Test func `A body that is too long has its answer at once, which is the last`() throws {
        let script = try Script()
        try script.request("/16", body: ["0123456789ABCDEF"], isComplete: false)
        #expect(try script.answers() == [])
        try script.body("G")
        #expect(try script.answers() == ["413"])
        #expect(script.isClosed)
        #expect(script.bodies == [])
    }

    @Test func `A body that nobody wants is passed over`() throws {
        let script = try Script()
        try script.request("/1", body: ["anything"])
        #expect(script.bodies == [""])
    }

    @Test func `A request that is answered at its head is passed over to its end`() throws {
        let script = try Script()
        try script.request("/refused", body: ["0123"], isComplete: false)
        #expect(try script.answers() == ["404"])
        try script.request("/1", isComplete: false, hasHead: false)
        #expect(script.asked == ["/refused"])
        try script.end()
        try script.request("/1")
        #expect(script.asked == ["/refused", "/1"])
    }

    @Test func `What follows an answer that ends the connection is not asked`() throws {
        let script = try Script()
        try script.request("/wait")
        try script.request("/last")
        try script.request("/1")
        script.answer("/wait")
        #expect(try script.answers() == ["/wait", "414"])
        #expect(script.asked == ["/wait", "/last"])
    }

    @Test func `An answer that is there at once leads to the next request, and not deeper`() throws {
        let script = try Script()
        try script.request("/wait")
        for _ in 0..<20_000 { try script.request("/at-once") }
        script.answer("/wait")
        #expect(try script.answers().count == 20_001)
    }

    // MARK: - The end

    @Test func `An error costs a request that waits nothing, and ends any other`() throws {
        struct Trouble: Error {}
        let script = try Script()
        try script.request("/1")
        script.channel.pipeline.fireErrorCaught(Trouble())
        #expect(!script.isClosed)
        script.answer("/1")
        #expect(try script.answers() == ["/1 close"])
        #expect(script.isClosed)
        let other = try Script()
        try other.request("/16", body: ["0"], isComplete: false)
        other.channel.pipeline.fireErrorCaught(Trouble())
        #expect(other.isClosed)
    }

    @Test func `A gateway that stops ends an idle connection`() throws {
        let script = try Script()
        try script.request("/1")
        script.answer("/1")
        script.quiesce()
        #expect(script.isClosed)
    }

    @Test func `A gateway that stops answers what has begun, and says that this is the last answer`() throws {
        let script = try Script()
        try script.request("/16", body: ["0"], isComplete: false)
        script.quiesce()
        #expect(!script.isClosed)
        try script.end()
        #expect(!script.isClosed)
        script.answer("/16")
        #expect(try script.answers() == ["/16 close"])
        #expect(script.isClosed)
    }

    @Test func `A gateway that stops answers everything that it holds`() throws {
        let script = try Script()
        for number in 1...3 { try script.request("/\(number)") }
        script.quiesce()
        for number in 1...3 { script.answer("/\(number)") }
        #expect(try script.answers() == ["/1", "/2", "/3 close"])
        #expect(script.isClosed)
    }

    @Test func `A client that sends no more still gets its answer`() throws {
        let script = try Script()
        try script.request("/1")
        script.closeInput()
        #expect(!script.isClosed)
        script.answer("/1")
        #expect(try script.answers() == ["/1 close"])
        #expect(script.isClosed)
    }

    @Test(arguments: [true, false])
    func `A client that sends no more in the middle of a request gets nothing`(isAnswered: Bool) throws {
        let script = try Script()
        try script.request(isAnswered ? "/refused" : "/16", body: ["0"], isComplete: false)
        _ = try script.answers()
        script.closeInput()
        #expect(script.isClosed)
        #expect(try script.answers() == [])
        #expect(script.bodies == [])
    }

    @Test func `An answer to a connection that is gone goes nowhere`() throws {
        let script = try Script()
        try script.request("/1")
        try script.request("/2")
        script.channel.close(promise: nil)
        script.channel.embeddedEventLoop.run()
        script.answer("/1")
        #expect(try script.answers() == [])
        #expect(script.asked == ["/1"])
    }
}

/// A connection of which everything is seen.
private final class Script {
    static let date = HTTPDate(now: { Timestamp(millisecondsSinceEpoch: 0) })

    let channel = EmbeddedChannel()
    private let responder: ScriptedResponder
    private let socket = SocketWatch()

    /// - Parameter socket: Takes what is written, instead of the channel.
    init(socket holder: WriteHolder? = nil) throws {
        responder = ScriptedResponder(eventLoop: channel.eventLoop)
        if let holder { try channel.pipeline.syncOperations.addHandler(holder) }
        try channel.pipeline.syncOperations.addHandler(socket)
        // It ends the connection after the last answer.
        try channel.pipeline.syncOperations.addHandler(RequestGuard.tested)
        try channel.pipeline.syncOperations.addHandler(HTTPExchange(responder: responder, date: Self.date))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    static func head(_ path: String) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: .POST, uri: path)
    }

    /// The paths that the responder was asked for.
    var asked: [String] { responder.asked.value }
    /// The bodies that it was given.
    var bodies: [String] { responder.bodies.value }
    /// How often something was to be read.
    var reads: Int { socket.readCount }
    var isClosed: Bool { !channel.isActive }

    func request(_ path: String, body: [String] = [], isComplete: Bool = true, hasHead: Bool = true) throws {
        if hasHead { try channel.writeInbound(HTTPServerRequestPart.head(Self.head(path))) }
        for piece in body { try self.body(piece) }
        if isComplete { try end() }
    }

    func body(_ piece: String) throws {
        try channel.writeInbound(HTTPServerRequestPart.body(ByteBuffer(string: piece)))
    }

    func end() throws {
        try channel.writeInbound(HTTPServerRequestPart.end(nil))
    }

    func answer(_ path: String) {
        responder.waiting.value.removeValue(forKey: path)?(ScriptedResponder.reply(path))
    }

    func read() { channel.pipeline.read() }

    func quiesce() { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }

    func closeInput() { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }

    /// Called at each write.
    var whenWritten: ((EmbeddedChannel) -> Void)? {
        get { socket.whenWritten }
        set { socket.whenWritten = newValue }
    }

    /// What was written since the last time, by its kind.
    func parts() throws -> [String] {
        var parts: [String] = []
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            switch part {
            case .head: parts.append("head")
            case .body: parts.append("body")
            case .end: parts.append("end")
            }
        }
        return parts
    }

    /// What was answered since the last time: the path or the status, and `close` where that was said.
    func answers() throws -> [String] {
        var answers: [String] = []
        while let part = try channel.readOutbound(as: HTTPServerResponsePart.self) {
            guard case .head(let head) = part else { continue }
            #expect(head.headers.first(name: "Date") == "Thu, 01 Jan 1970 00:00:00 GMT")
            let name = head.headers.first(name: "X-Path") ?? "\(head.status.code)"
            let isLast = head.status == .ok && head.headers.first(name: "Connection") == "close"
            answers.append(isLast ? name + " close" : name)
        }
        return answers
    }
}

/// Counts reads, and says when something is written.
private final class SocketWatch: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private(set) var readCount = 0
    var whenWritten: ((EmbeddedChannel) -> Void)?

    func read(context: ChannelHandlerContext) {
        readCount += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(data, promise: promise)
        if let channel = context.channel as? EmbeddedChannel { whenWritten?(channel) }
    }
}
