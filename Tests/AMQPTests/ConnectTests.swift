import AMQP
import Glibc
import Testing

@Suite struct ConnectTests {
    @Test func `It connects, opens channels, and closes in order`() async throws {
        let connection = try await Broker.connect()
        let first = try await connection.openChannel()
        let second = try await connection.openChannel()
        #expect(first.endError == nil && second.endError == nil)
        #expect(connection.endError == nil)
        #expect(!connection.isBlocked)
        await connection.close()
        #expect(await connection.closed().code == .connectionClosed)
        #expect(first.endError?.code == .connectionClosed)
        let error = try await amqpError { _ = try await connection.openChannel() }
        #expect(error.code == .notConnected)
        await connection.close()
    }

    @Test func `A wrong password is an authentication failure without the password`() async throws {
        let error = try await amqpError {
            _ = try await Broker.connect { $0.password = "wrong-hunter2" }
        }
        #expect(error.code == .authenticationFailed)
        #expect(error.replyCode == 403)
        #expect(!error.isRetriable)
        #expect(!error.description.contains("hunter2"))
    }

    @Test func `A virtual host that does not exist is named`() async throws {
        let error = try await amqpError { _ = try await Broker.connect { $0.virtualHost = "nowhere" } }
        #expect(error.code == .notAllowed)
        #expect(error.replyCode == 530)
        #expect(error.message.contains("nowhere"))
    }

    @Test func `A refused connection is a failure to connect`() async throws {
        let listener = try Listener()
        let port = listener.port
        listener.close()
        let error = try await amqpError {
            _ = try await Broker.connect { $0.endpoints = [AMQPEndpoint(host: "127.0.0.1", port: port)] }
        }
        #expect(error.code == .connectFailed)
        #expect(error.isRetriable)
        #expect(error.message.contains("127.0.0.1:\(port)"))
    }

    @Test func `A host that does not exist is a failure to connect`() async throws {
        let error = try await amqpError {
            _ = try await Broker.connect { $0.endpoints = [AMQPEndpoint(host: "no-such-host.invalid")] }
        }
        #expect(error.code == .connectFailed)
    }

    @Test func `A server that never answers is a timeout`() async throws {
        let listener = try Listener()
        defer { listener.close() }
        let error = try await amqpError {
            _ = try await Broker.connect {
                $0.endpoints = [AMQPEndpoint(host: "127.0.0.1", port: listener.port)]
                $0.connectTimeout = .milliseconds(200)
            }
        }
        #expect(error.code == .timedOut)
    }

    @Test func `A plain listener is no TLS server`() async throws {
        let configuration = try Broker.configuration()
        let error = try await amqpError {
            _ = try await Broker.connect {
                $0.endpoints = configuration.endpoints
                $0.tls = AMQPTLS(verifyPeer: false, verifyHostName: false)
            }
        }
        #expect(error.code == .tlsFailed)
    }

    @Test func `A certificate file that does not exist is a TLS failure`() async throws {
        let error = try await amqpError {
            _ = try await Broker.connect { $0.tls = AMQPTLS(caFile: "/nowhere/ca.pem") }
        }
        #expect(error.code == .tlsFailed)
    }

    @Test func `Settings that the library would take badly are refused`() async throws {
        let changes: [@Sendable (inout AMQPConfiguration) -> Void] = [
            { $0.frameMax = 4095 }, { $0.heartbeat = .milliseconds(10) }, { $0.connectTimeout = .zero },
            { $0.user = "a\0b" }, { $0.virtualHost = String(repeating: "v", count: 256) }, { $0.endpoints = [] },
            { $0.tls = AMQPTLS(certificateFile: "/cert.pem") },
        ]
        for change in changes {
            let error = try await amqpError { _ = try await Broker.connect(change) }
            #expect(error.code == .invalidArgument)
        }
    }

    @Test func `The smallest frame works`() async throws {
        try await Broker.withConnection({ $0.frameMax = 4096 }) { connection in
            let channel = try await connection.openChannel()
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true))
            let deliveries = Collector<AMQPDelivery>()
            _ = try await channel.consume(queue: queue.name, noAcknowledge: true, onDeliveries: deliveries.append)
            let body = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
            channel.publish(AMQPMessage(routingKey: queue.name, body: body))
            #expect(try await deliveries.wait(for: 1).first?.body == body)
        }
    }

    @Test func `More channels than the broker allows is an error and not a closed connection`() async throws {
        try await Broker.withConnection({ $0.channelMax = 2 }) { connection in
            let first = try await connection.openChannel()
            _ = try await connection.openChannel()
            let error = try await amqpError { _ = try await connection.openChannel() }
            #expect(error.code == .invalidArgument)
            await first.close()
            #expect(first.endError?.code == .channelClosed)
            _ = try await connection.openChannel()
        }
    }

    @Test func `A dropped connection is closed`() async throws {
        let queue = Broker.uniqueName("dropped")
        do {
            let channel = try await Broker.connect().openChannel()
            try await channel.declareQueue(AMQPQueue(name: queue, durable: false, exclusive: true))
        }
        try await Broker.withConnection { connection in
            try await eventually("the exclusive queue to go") {
                let channel = try await connection.openChannel()
                do {
                    try await channel.declareQueue(AMQPQueue(name: queue), passive: true)
                    return false
                } catch let error as AMQPError {
                    return error.code == .notFound
                }
            }
        }
    }
}

/// A port that accepts connections and says nothing.
private struct Listener {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (socket, size) = (descriptor, length)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, size) == 0 && listen(socket, 8) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        try #require(result)
        port = UInt16(bigEndian: address.sin_port)
    }

    func close() {
        Glibc.close(descriptor)
    }
}
