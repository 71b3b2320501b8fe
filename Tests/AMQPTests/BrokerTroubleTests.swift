import AMQP
import Glibc
import NIOConcurrencyHelpers
import Testing

/// What a broker does to its clients. One after the other, because some of it is felt by every connection.
@Suite(.serialized) struct BrokerTroubleTests {
    private typealias Outcomes = Collector<(token: Int, outcome: AMQPPublishOutcome)>

    @Test func `While the broker is short of memory, messages are blocked and calls refused`() async throws {
        let connection = try await Broker.connect()
        let reasons = Collector<String?>()
        connection.setBlockedHandler(reasons.append)
        let channel = try await connection.openChannel()
        let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
        let outcomes = Outcomes()
        let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)

        try await Broker.control("set_vm_memory_high_watermark", "0.0000001")
        do {
            // The broker says so when a connection publishes.
            publisher.publish(AMQPMessage(routingKey: queue, body: [1]), token: 1)
            let reason = try #require(try await reasons.wait(for: 1)[0])
            #expect(reason.contains("memory"))
            #expect(connection.isBlocked)
            #expect(connection.blockedReason == reason)
            publisher.publish(AMQPMessage(routingKey: queue, body: [2]), token: 2)
            let settled = try await outcomes.wait(for: 2)
            #expect(settled.map(\.token) == [1, 2])
            #expect(settled[1].outcome == .blocked(reason: reason))
            let error = try await amqpError { try await channel.purge(queue: queue) }
            #expect(error.code == .blocked)
        } catch {
            try await Broker.control("set_vm_memory_high_watermark", "0.4")
            throw error
        }
        try await Broker.control("set_vm_memory_high_watermark", "0.4")

        #expect(try await reasons.wait(for: 2)[1] == nil)
        #expect(!connection.isBlocked)
        publisher.publish(AMQPMessage(routingKey: queue, body: [3]), token: 3)
        #expect(try await outcomes.wait(for: 3)[2] == (3, .confirmed))
        #expect(outcomes.elements.count == 3)
        await connection.close()
    }

    @Test func `A broker that stops answering is noticed by its heartbeat`() async throws {
        let connection = try await Broker.connect { $0.heartbeat = .seconds(1) }
        let channel = try await connection.openChannel()
        let outcomes = Outcomes()
        let publisher = try await channel.makePublisher(onOutcomes: outcomes.append)
        let text = try await Broker.control("eval", "list_to_integer(os:getpid()).")
        let broker = try #require(pid_t(text.filter(\.isNumber)))
        // So that something has come just now.
        try await channel.setPrefetch(1)
        try #require(kill(broker, SIGSTOP) == 0, "the tests must run as a user who may stop the broker")
        let start = ContinuousClock.now
        publisher.publish(AMQPMessage(routingKey: "nowhere", body: [1]), token: 1)
        let error = await connection.closed()
        let duration = start.duration(to: .now)
        kill(broker, SIGCONT)
        #expect(error.code == .timedOut)
        #expect((.milliseconds(900) ... .seconds(6)).contains(duration), "\(duration)")
        #expect(try await outcomes.wait(for: 1)[0].outcome == .failed(error))
    }

    @Test func `A broker that stops answering is noticed by its heartbeat while messages are sent`() async throws {
        let connection = try await Broker.connect { $0.heartbeat = .seconds(1) }
        let channel = try await connection.openChannel()
        let text = try await Broker.control("eval", "list_to_integer(os:getpid()).")
        let broker = try #require(pid_t(text.filter(\.isNumber)))
        try #require(kill(broker, SIGSTOP) == 0, "the tests must run as a user who may stop the broker")
        let start = ContinuousClock.now
        defer { kill(broker, SIGCONT) }
        // So that the first thing to happen after the last moment for a heartbeat is that something is sent.
        while connection.endError == nil, start.duration(to: .now) < .seconds(6) {
            channel.publish(AMQPMessage(routingKey: "nowhere", body: [1]))
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(connection.endError?.code == .timedOut)
    }

    @Test func `An idle connection stays up, because heartbeats are sent`() async throws {
        try await Broker.withConnection({ $0.heartbeat = .seconds(1) }) { connection in
            let channel = try await connection.openChannel()
            // The broker drops a silent client after two intervals, and looks every half.
            try await Task.sleep(for: .seconds(4))
            #expect(connection.endError == nil)
            try await channel.setPrefetch(1)
        }
    }

    @Test func `The client comes back when the broker closes its connections`() async throws {
        let virtualHost = Broker.uniqueName("vhost")
        var configuration = try Broker.configuration()
        try await Broker.control("add_vhost", virtualHost)
        try await Broker.control("set_permissions", "-p", virtualHost, configuration.user, ".*", ".*", ".*")
        configuration.virtualHost = virtualHost
        // The first endpoint refuses, so each connection takes a rotation.
        configuration.endpoints.insert(AMQPEndpoint(host: "127.0.0.1", port: 1), at: 0)

        let queue = Broker.uniqueName("client")
        let connected = Collector<AMQPChannel>()
        let disconnected = Collector<AMQPError>()
        let deliveries = Collector<AMQPDelivery>()
        let client = AMQPClient(
            configuration: configuration,
            logger: Broker.logger,
            onConnected: { connection in
                let channel = try await connection.openChannel()
                try await channel.declareQueue(AMQPQueue(name: queue, durable: false, exclusive: true))
                _ = try await channel.consume(queue: queue, noAcknowledge: true, onDeliveries: deliveries.append)
                connected.append(channel)
            },
            onDisconnected: disconnected.append
        )
        #expect(client.state == .connecting)
        let running = Task { await client.run() }
        for round in 1...2 {
            let channel = try await connected.wait(for: round)[round - 1]
            try await eventually("the client to be connected") { client.state == .connected }
            channel.publish(AMQPMessage(routingKey: queue, body: [UInt8(round)]))
            #expect(try await deliveries.wait(for: round)[round - 1].body == [UInt8(round)])
            if round == 1 {
                try await Broker.control("close_all_connections", "--vhost", virtualHost, "maintenance")
                let error = try await disconnected.wait(for: 1)[0]
                #expect(error.code == .brokerFailure)
                #expect(error.replyCode == 320)
                #expect(error.message.contains("maintenance"))
            }
        }
        client.shutdown()
        await running.value
        #expect(client.state == .stopped)
        #expect(disconnected.elements.map(\.code) == [.brokerFailure, .connectionClosed])
        try await Broker.control("delete_vhost", virtualHost)
    }
}
