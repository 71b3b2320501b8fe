import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// The link does what it says, or a run that holds would mean nothing.
@Suite(.timeLimit(.minutes(1)))
struct FaultyLinkTests {
    /// Runs `body` with a server that sends back what it gets, behind a link.
    private static func withEcho(_ body: (FaultyLink) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.pipeline.addHandler(Echo()) }
            .bind(host: "127.0.0.1", port: 0).get()
        let link = try await FaultyLink(to: server.localAddress?.port ?? 0)
        try await body(link)
        try await server.close()
    }

    @Test func `What is sent comes through, both ways`() async throws {
        try await Self.withEcho { link in
            let client = try await Client(port: link.port)
            client.send("hello")
            try await client.waitFor("hello")
            #expect(link.connectionCount == 1)
            try await client.close()
            try await eventually("no connection") { link.connectionCount == 0 }
        }
    }

    @Test func `What is stalled comes when it is clear, in order`() async throws {
        try await Self.withEcho { link in
            let client = try await Client(port: link.port)
            client.send("a")
            try await client.waitFor("a")
            await link.set(.stalled)
            client.send("b")
            client.send("c")
            // Somebody else gets through to the server meanwhile, and nothing comes back either.
            let other = try await Client(port: link.port)
            other.send("d")
            try await Task.sleep(for: .milliseconds(100))
            #expect(client.text == "a")
            #expect(other.text == "")
            await link.set(.clear)
            try await client.waitFor("abc")
            try await other.waitFor("d")
        }
    }

    @Test func `What is slow comes later, and in order`() async throws {
        try await Self.withEcho { link in
            let client = try await Client(port: link.port)
            client.send("a")
            try await client.waitFor("a")
            await link.set(.slow(.milliseconds(80)))
            let start = ContinuousClock.now
            client.send("b")
            try await client.waitFor("ab")
            #expect(ContinuousClock.now - start >= .milliseconds(150))
            client.send("c")
            await link.set(.clear)
            client.send("d")
            try await client.waitFor("abcd")
        }
    }

    @Test func `What is cut is reset, and so is who comes`() async throws {
        try await Self.withEcho { link in
            let client = try await Client(port: link.port)
            client.send("a")
            try await client.waitFor("a")
            await link.set(.cut)
            try await client.waitForReset()
            let late = try? await Client(port: link.port)
            try await late?.waitForReset()
            await link.set(.clear)
            let next = try await Client(port: link.port)
            next.send("b")
            try await next.waitFor("b")
        }
    }

    @Test(arguments: [
        (FaultyLink.Blow.drop, "ab"), (.duplicate, "ababcd"), (.flip, "abCd"),
    ])
    func `Bytes are lost, repeated and changed`(_ blow: FaultyLink.Blow, _ expected: String) async throws {
        try await Self.withEcho { link in
            let client = try await Client(port: link.port)
            client.send("-")
            try await client.waitFor("-")
            await link.strike(blow)
            client.send("abcd")
            try await client.waitFor("-\(expected)")
            // Once.
            client.send("wxyz")
            try await client.waitFor("-\(expected)wxyz")
        }
    }

    @Test func `What is truncated ends with a reset`() async throws {
        try await Self.withEcho { link in
            let client = try await Client(port: link.port)
            client.send("-")
            try await client.waitFor("-")
            await link.strike(.truncate)
            client.send("abcd")
            try await client.waitForReset()
        }
    }
}

private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }
}
