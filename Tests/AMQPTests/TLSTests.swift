import AMQP
import Foundation
import Testing

/// Connections over TLS, to a broker whose certificate is for `localhost` and signed by an authority of its own.
@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    private static func environment(_ name: String) throws -> String {
        try #require(ProcessInfo.processInfo.environment[name], "\(name) is not set: run these tests with `make test`")
    }

    private static func file(_ name: String) throws -> String {
        try environment("NEEDRECORD_TEST_TLS") + "/" + name
    }

    private static func endpoint(_ host: String) throws -> AMQPEndpoint {
        AMQPEndpoint(host: host, port: try #require(UInt16(try environment("NEEDRECORD_TEST_AMQPS_PORT"))))
    }

    private static func connect(_ host: String = "localhost", _ tls: AMQPTLS) async throws -> AMQPConnection {
        let endpoint = try endpoint(host)
        return try await Broker.connect { configuration in
            configuration.endpoints = [endpoint]
            configuration.tls = tls
        }
    }

    private static func error(_ host: String = "localhost", _ tls: AMQPTLS) async throws -> AMQPError {
        try await amqpError { _ = try await connect(host, tls) }
    }

    @Test func `A broker with a trusted certificate for its name is talked to, in small pieces and large ones`()
        async throws
    {
        let connection = try await Self.connect("localhost", AMQPTLS(caFile: try Self.file("authority.pem")))
        let channel = try await connection.openChannel()
        let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true))
        let deliveries = Collector<AMQPDelivery>()
        _ = try await channel.consume(queue: queue.name, noAcknowledge: true, onDeliveries: deliveries.append)
        let outcomes = Collector<AMQPPublishOutcome>()
        let publisher = try await connection.openChannel().makePublisher {
            (batch: [(token: Int, outcome: AMQPPublishOutcome)]) in
            outcomes.append(batch.map(\.outcome))
        }
        // More than any buffer holds, so that what is read ahead and what does not fit into one write are both met.
        let bodies = (0..<2_000).map {
            [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0 % 50 == 0 ? 200_000 : $0)
        }
        publisher.publish(bodies.enumerated().map { (AMQPMessage(routingKey: queue.name, body: $1), $0) })
        let received = try await deliveries.wait(for: bodies.count)
        #expect(received.map(\.body) == bodies)
        #expect(try await outcomes.wait(for: bodies.count).allSatisfy { $0 == .confirmed })
        await connection.close()
    }

    @Test func `A certificate from an authority that is not trusted is refused, before any password is sent`()
        async throws
    {
        let error = try await Self.error("localhost", AMQPTLS(caFile: try Self.file("stranger.pem")))
        #expect(error.code == .tlsFailed)
    }

    @Test func `A certificate for another name is refused, unless names do not count`() async throws {
        let authority = try Self.file("authority.pem")
        let error = try await Self.error("127.0.0.1", AMQPTLS(caFile: authority))
        #expect(error.code == .tlsFailed)
        let connection = try await Self.connect("127.0.0.1", AMQPTLS(caFile: authority, verifyHostName: false))
        await connection.close()
    }

    @Test func `The URL says the same`() async throws {
        let (authority, stranger) = (try Self.file("authority.pem"), try Self.file("stranger.pem"))
        let port = try Self.endpoint("localhost").port
        let plain = try Broker.configuration()
        func connect(_ host: String, _ parameters: String) async throws {
            let url = "amqps://\(plain.user):\(plain.password)@\(host):\(port)/\(plain.virtualHost)?\(parameters)"
            let connection = try await AMQPConnection.connect(AMQPConfiguration(url: url), logger: Broker.logger)
            await connection.close()
        }
        try await connect("localhost", "cacertfile=\(authority)")
        try await connect("127.0.0.1", "cacertfile=\(authority)&verify_hostname=false")
        try await connect("127.0.0.1", "verify=verify_none")
        let error = try await amqpError { try await connect("localhost", "cacertfile=\(stranger)") }
        #expect(error.code == .tlsFailed)
    }

    /// A server that speaks one version of TLS only.
    private static func withServer(_ version: String, _ body: (UInt16) async throws -> Void) async throws {
        let port = UInt16.random(in: 24_000...29_000)
        let server = Process()
        server.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        server.arguments = [
            "s_server", "-accept", "127.0.0.1:\(port)", "-cert", try file("server.pem"), "-key", try file("server.key"),
            "-cipher", "ALL:@SECLEVEL=0", "-quiet", version,
        ]
        server.standardInput = Pipe()
        (server.standardOutput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try server.run()
        defer {
            // The threads of a concurrency runtime block signals, and the child goes on doing so.
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        try await eventually("the server to listen") {
            let hex = String(format: ":%04X", port)
            return try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).contains("\(hex) 00000000:0000 0A")
        }
        try await body(port)
    }

    @Test func `Nothing below TLS 1_2 is spoken`() async throws {
        let authority = try Self.file("authority.pem")
        func error(on port: UInt16, within limit: Duration) async throws -> AMQPError {
            try await amqpError {
                _ = try await Broker.connect { configuration in
                    configuration.endpoints = [AMQPEndpoint(host: "localhost", port: port)]
                    configuration.tls = AMQPTLS(caFile: authority)
                    configuration.connectTimeout = limit
                }
            }
        }
        try await Self.withServer("-tls1_1") { port in
            let error = try await error(on: port, within: .seconds(15))
            #expect(error.code == .tlsFailed)
        }
        // This one is no broker, but it is talked to.
        try await Self.withServer("-tls1_2") { port in
            let error = try await error(on: port, within: .seconds(1))
            #expect(error.code != .tlsFailed)
        }
    }
}
