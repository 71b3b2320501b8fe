import AMQP
import ArgumentParser
import DecisionCore
import Wire

struct FloorOptions: ParsableArguments {
    @Option(help: "The broker.")
    var amqpURL: String

    @Option(help: "The first part of the names of its queues.")
    var namespace: String

    var topology: Topology { Topology(namespace: namespace) }

    func connect() async throws -> AMQPConnection {
        try await AMQPConnection.connect(AMQPConfiguration(url: amqpURL), logger: .benchmark)
    }
}

/// Sends each event back as the same reply.
struct FloorResponder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor-responder")

    @OptionGroup var options: FloorOptions

    func run() async throws {
        let connection = try await options.connect()
        try await options.topology.declare(on: connection)
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

extension EventID {
    fileprivate static let example = EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63)
}
