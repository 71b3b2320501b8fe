import AMQP
import NIOConcurrencyHelpers
import Testing

@Suite struct AMQPClientTests {
    private struct Refusal: Error {}

    @Test func `Cancelling the task closes the connection after what was queued`() async throws {
        try await Broker.withChannel { keeper in
            let queue = try await keeper.declareQueue(
                AMQPQueue(name: Broker.uniqueName("cancel"), durable: false, autoDelete: true)
            ).name
            let channels = Collector<AMQPChannel>()
            let client = AMQPClient(
                configuration: try Broker.configuration(),
                logger: Broker.logger,
                onConnected: { channels.append(try await $0.openChannel()) }
            )
            let running = Task { await client.run() }
            let channel = try await channels.wait(for: 1)[0]
            channel.publish((0..<100).map { AMQPMessage(routingKey: queue, body: [UInt8($0)]) })
            running.cancel()
            await running.value
            #expect(client.state == .stopped)
            #expect(channel.endError?.code == .connectionClosed)
            #expect(try await keeper.deleteQueue(queue) == 100)
        }
    }

    @Test func `Clients begin with any of the endpoints`() async throws {
        var configuration = try Broker.configuration()
        let port = configuration.endpoints[0].port
        configuration.endpoints = ["127.0.0.1", "localhost"].map { AMQPEndpoint(host: $0, port: port) }
        let used = NIOLockedValueBox<Set<AMQPEndpoint>>([])
        // Each misses one of them with a chance of a half.
        for round in 1...64 where used.withLockedValue({ $0.count }) < 2 {
            let connected = Collector<AMQPEndpoint>()
            let client = AMQPClient(
                configuration: configuration,
                logger: Broker.logger,
                onConnected: { connected.append($0.endpoint) }
            )
            let running = Task { await client.run() }
            let endpoint = try await connected.wait(for: 1)[0]
            used.withLockedValue { _ = $0.insert(endpoint) }
            running.cancel()
            await running.value
            #expect(round < 64)
        }
        #expect(used.withLockedValue { $0 } == Set(configuration.endpoints))
    }

    @Test func `A preparation that fails is tried again on a new connection`() async throws {
        let attempts = NIOLockedValueBox(0)
        let disconnected = Collector<AMQPError>()
        let client = AMQPClient(
            configuration: try Broker.configuration(),
            logger: Broker.logger,
            onConnected: { _ in
                let attempt = attempts.withLockedValue { attempts in
                    attempts += 1
                    return attempts
                }
                if attempt < 3 { throw Refusal() }
            },
            onDisconnected: disconnected.append
        )
        let running = Task { await client.run() }
        try await eventually("the third attempt") { client.state == .connected }
        #expect(attempts.withLockedValue { $0 } == 3)
        client.shutdown()
        await running.value
        // Of the connections that were ready only.
        #expect(disconnected.elements.count == 1)
    }

    @Test func `It can be stopped while there is no broker`() async throws {
        var configuration = try Broker.configuration()
        configuration.endpoints = [AMQPEndpoint(host: "127.0.0.1", port: 1)]
        let client = AMQPClient(configuration: configuration, logger: Broker.logger, onConnected: { _ in })
        let running = Task { await client.run() }
        #expect(client.state == .connecting)
        client.shutdown()
        await running.value
        #expect(client.state == .stopped)
    }

    @Test func `A client that was stopped before it ran returns at once`() async throws {
        let client = AMQPClient(
            configuration: try Broker.configuration(),
            logger: Broker.logger,
            onConnected: { _ in Issue.record("it connected") }
        )
        client.shutdown()
        await client.run()
        #expect(client.state == .stopped)
    }
}
