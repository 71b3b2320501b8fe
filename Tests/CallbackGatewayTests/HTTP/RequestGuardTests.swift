import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import CallbackGateway

@Suite struct RequestGuardTests {
    private func withChannel(_ body: (EmbeddedChannel) throws -> Void) throws {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(
            RequestGuard(
                maximumHeaderLength: 1_000,
                requestTimeout: .seconds(5),
                idleTimeout: .seconds(75),
                rejected: { _ in }
            )
        )
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try body(channel)
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test func `A client that does not read its answers is not waited for beyond the idle time`() throws {
        try withChannel { channel in
            // While a request waits for its answer nothing else limits the time.
            try channel.writeInbound(
                HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))
            )
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
            channel.isWritable = false
            channel.pipeline.fireChannelWritabilityChanged()
            channel.embeddedEventLoop.advanceTime(by: .seconds(74))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
    }

    @Test func `A client that reads in the end goes on`() throws {
        try withChannel { channel in
            try channel.writeInbound(
                HTTPServerRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/"))
            )
            try channel.writeInbound(HTTPServerRequestPart.end(nil))
            channel.isWritable = false
            channel.pipeline.fireChannelWritabilityChanged()
            channel.embeddedEventLoop.advanceTime(by: .seconds(74))
            channel.isWritable = true
            channel.pipeline.fireChannelWritabilityChanged()
            channel.embeddedEventLoop.advanceTime(by: .seconds(1_000))
            #expect(channel.isActive)
        }
    }
}
