import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// One connection of a client that may send whatever it likes.
final class HTTPConnection: Sendable {
    fileprivate struct State {
        var reader = HTTPAnswerReader()
        var answers: [HTTPAnswer] = []
        var isHead = false
        var isClosed = false
    }

    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    private init(channel: any Channel, state: NIOLockedValueBox<State>) {
        self.channel = channel
        self.state = state
    }

    /// Connects to a port on loopback.
    static func open(port: Int) async throws -> HTTPConnection {
        let state = NIOLockedValueBox(State())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AnswerCollector(state))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return HTTPConnection(channel: channel, state: state)
    }

    /// Whether the other side, or a failure, has ended the connection.
    var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    /// The answers so far.
    var answers: [HTTPAnswer] { state.withLockedValue { $0.answers } }

    /// Bytes that belong to no answer.
    var rest: [UInt8] { state.withLockedValue { $0.reader.rest } }

    /// Sends text as it is.
    func send(_ text: String) async throws {
        try await send(bytes: Array(text.utf8))
    }

    /// Sends bytes as they are.
    func send(bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Waits for the answers up to this number, counted from 1 on this connection, and returns the last of them.
    func answer(_ number: Int, within limit: Duration = .seconds(20)) async throws -> HTTPAnswer {
        try await eventually("answer \(number)", within: limit) {
            if answers.count >= number { return true }
            guard !isClosed else {
                throw TestFailure("closed after \(answers.count) answers, with \(rest.count) bytes")
            }
            return false
        }
        return answers[number - 1]
    }

    /// Sends a request and waits for its answer.
    func exchange(_ request: String) async throws -> HTTPAnswer {
        let number = answers.count + 1
        try await send(request)
        return try await answer(number)
    }

    /// `GET` of a request target.
    func get(_ target: String) async throws -> HTTPAnswer {
        try await exchange("GET \(target) HTTP/1.1\r\nHost: gateway\r\n\r\n")
    }

    /// `POST` to a request target.
    func post(_ target: String, type: String?, body: String) async throws -> HTTPAnswer {
        let type = type.map { "Content-Type: \($0)\r\n" } ?? ""
        let length = "Content-Length: \(body.utf8.count)\r\n"
        return try await exchange("POST \(target) HTTP/1.1\r\nHost: gateway\r\n\(type)\(length)\r\n\(body)")
    }

    /// `HEAD` of a request target.
    func head(_ target: String) async throws -> HTTPAnswer {
        state.withLockedValue { $0.isHead = true }
        defer { state.withLockedValue { $0.isHead = false } }
        return try await exchange("HEAD \(target) HTTP/1.1\r\nHost: gateway\r\n\r\n")
    }

    /// Waits until the gateway has ended the connection.
    func waitUntilClosed(within limit: Duration = .seconds(20)) async throws {
        try await eventually("the end of the connection", within: limit) { isClosed }
    }

    /// Ends the connection as a client does that has died: the other side gets a reset.
    func reset() async throws {
        let options = try #require(channel as? any SocketOptionProvider)
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close()
    }

    /// Ends the connection.
    func close() {
        channel.close(promise: nil)
    }
}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let state: NIOLockedValueBox<HTTPConnection.State>

    init(_ state: NIOLockedValueBox<HTTPConnection.State>) {
        self.state = state
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        state.withLockedValue { state in
            state.reader.append(bytes)
            while let answer = state.reader.next(arrival: .now, hasBody: !state.isHead) { state.answers.append(answer) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state.withLockedValue { $0.isClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
