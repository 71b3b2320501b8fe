import AMQP
import ArgumentParser
import DecisionCore
import Foundation
import Logging
import NIOConcurrencyHelpers
import Wire

struct FloorOptions: ParsableArguments {
    @Option(help: "The broker.")
    var amqpURL: String

    @Option(help: "The first part of the names of its queues.")
    var namespace: String

    var topology: Topology { Topology(namespace: namespace) }

    func connect() async throws -> AMQPConnection {
        var logger = Logger(label: "floor")
        logger.logLevel = .error
        let connection = try await AMQPConnection.connect(AMQPConfiguration(url: amqpURL), logger: logger)
        try await topology.declare(on: connection)
        return connection
    }
}

/// Sends each event back as the same reply.
struct FloorResponder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor-responder")

    @OptionGroup var options: FloorOptions

    func run() async throws {
        let connection = try await options.connect()
        let channel = try await connection.openChannel()
        try await channel.setPrefetch(256)
        let body = Reply(eventID: .example, content: .failure(.stateUnavailable), worker: "floor").encodedBody()
        _ = try await channel.consume(
            queue: options.topology.decisionsQueue,
            onDeliveries: { deliveries in
                channel.publish(
                    deliveries.map { delivery in
                        AMQPMessage(
                            routingKey: delivery.properties.replyTo ?? "",
                            properties: AMQPProperties(
                                deliveryMode: .transient,
                                correlationID: delivery.properties.correlationID
                            ),
                            body: body
                        )
                    }
                )
                if let last = deliveries.last { channel.acknowledge(last.deliveryTag, multiple: true) }
            },
            onCancelled: {}
        )
        _ = await connection.closed()
    }
}

/// Keeps a number of events in flight, and prints what came of it as `needrecord push` does.
struct FloorRequester: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor-requester")

    @OptionGroup var options: FloorOptions

    @Option(help: "Events in flight.")
    var inFlight: Int

    @Option(help: "How long.")
    var seconds: Int

    private struct State {
        var ids = EventIDGenerator()
        var random = SystemRandomNumberGenerator()
        var sentAt: [String: ContinuousClock.Instant] = [:]
        var latencies: [Double] = []
        var ends: ContinuousClock.Instant
    }

    func run() async throws {
        let connection = try await options.connect()
        let channel = try await connection.openChannel()
        let topology = options.topology
        let queue = topology.replyQueue(epoch: "floor.\(getpid())")
        try await channel.declareQueue(
            AMQPQueue(
                name: queue,
                durable: false,
                exclusive: true,
                autoDelete: true,
                arguments: ["x-queue-type": "classic"]
            )
        )
        let publishing = try await AMQPConnection.connect(
            AMQPConfiguration(url: options.amqpURL),
            logger: Logger(label: "floor")
        ).openChannel()
        let begin = ContinuousClock.now
        let state = NIOLockedValueBox(State(ends: begin + .seconds(seconds)))
        let publish: @Sendable (Int) -> Void = { count in
            let messages = state.withLockedValue { state in
                (0..<count).map { _ in Self.message(&state, topology: topology, replyTo: queue) }
            }
            publishing.publish(messages)
        }
        _ = try await channel.consume(
            queue: queue,
            noAcknowledge: true,
            onDeliveries: { deliveries in
                let now = ContinuousClock.now
                let next = state.withLockedValue { state in
                    for delivery in deliveries {
                        guard let id = delivery.properties.correlationID,
                            let sentAt = state.sentAt.removeValue(forKey: id)
                        else { continue }
                        state.latencies.append(sentAt.duration(to: now) / .microseconds(1))
                    }
                    return now < state.ends ? deliveries.count : 0
                }
                if next > 0 { publish(next) }
            },
            onCancelled: {}
        )
        publish(inFlight)
        try await Task.sleep(for: .seconds(seconds))
        let elapsed = begin.duration(to: .now) / .seconds(1)
        let latencies = state.withLockedValue { $0.latencies.sorted() }
        print(Self.json(latencies, elapsed: elapsed))
        await connection.close()
    }

    private static func message(_ state: inout State, topology: Topology, replyTo: String) -> AMQPMessage {
        let now = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
        let id = state.ids.next(now: now, using: &state.random)
        let event = StreamEvent(
            id: id,
            receivedAt: now,
            domain: "test.com",
            app: "test123",
            stream: "teststream-\(id.low % 1_000)",
            bitrate: 2_000
        )
        state.sentAt[id.description] = .now
        return EventRequest.message(
            event: event,
            body: event.encodedBody(),
            replyTo: replyTo,
            deadline: now.advanced(by: topology.answerBudget),
            remaining: topology.answerBudget,
            topology: topology,
            run: GatewayRun(gateway: "floor", id: id)
        )
    }

    private static func json(_ latencies: [Double], elapsed: Double) -> String {
        func percentile(_ value: Double) -> Double {
            latencies.isEmpty ? 0 : latencies[min(latencies.count - 1, Int(Double(latencies.count) * value))]
        }
        return """
            {"answered":\(latencies.count),"failed":0,"warm_up":0,\
            "answered_per_second":\(Double(latencies.count) / elapsed),\
            "latency_us":{"p50":\(percentile(0.5)),"p99":\(percentile(0.99)),"p99_9":\(percentile(0.999))}}
            """
    }
}

extension EventID {
    fileprivate static let example = EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63)
}
