import AMQP
import Testing

@Suite struct TopologyTests {
    @Test func `A declaration that does not match is a 406 with the broker's text`() async throws {
        try await Broker.withConnection { connection in
            let name = Broker.uniqueName("mismatch")
            let channel = try await connection.openChannel()
            let queue = AMQPQueue(name: name, durable: false, exclusive: true, arguments: ["x-max-length": 5])
            try await channel.declareQueue(queue)
            try await channel.declareQueue(queue)

            var other = queue
            other.arguments["x-max-length"] = 6
            let error = try await amqpError { try await channel.declareQueue(other) }
            #expect(error.code == .preconditionFailed)
            #expect(error.replyCode == 406)
            #expect(error.message.contains("x-max-length") && error.message.contains(name))
            #expect(!error.isRetriable)

            // The channel is gone and says why; the connection lives on, and the number is used again.
            #expect(channel.endError == error)
            #expect(try await amqpError { try await channel.setPrefetch(1) } == error)
            let next = try await connection.openChannel()
            try await next.declareQueue(queue)
        }
    }

    @Test func `Declaring passively tells whether a queue exists and what is in it`() async throws {
        try await Broker.withConnection { connection in
            let channel = try await connection.openChannel()
            let name = Broker.uniqueName("passive")
            let error = try await amqpError { try await channel.declareQueue(AMQPQueue(name: name), passive: true) }
            #expect(error.code == .notFound)
            #expect(error.replyCode == 404)

            let next = try await connection.openChannel()
            let queue = AMQPQueue(name: name, durable: false, exclusive: true)
            try await next.declareQueue(queue)
            next.publish([AMQPMessage(routingKey: name, body: [1]), AMQPMessage(routingKey: name, body: [2])])
            // A queue answers such questions before it takes in what was published before.
            try await eventually("both messages") {
                try await next.declareQueue(queue, passive: true)
                    == AMQPQueueStatus(name: name, messageCount: 2, consumerCount: 0)
            }
            #expect(try await next.purge(queue: name) == 2)
            #expect(try await next.deleteQueue(name) == 0)
        }
    }

    @Test func `The broker chooses a name when asked to`() async throws {
        try await Broker.withChannel { channel in
            let status = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true))
            #expect(status.name.hasPrefix("amq.gen"))
        }
    }

    @Test func `An exclusive queue is locked for other connections`() async throws {
        try await Broker.withChannel { owner in
            let queue = AMQPQueue(name: Broker.uniqueName("exclusive"), durable: false, exclusive: true)
            try await owner.declareQueue(queue)
            try await Broker.withChannel { stranger in
                let error = try await amqpError { try await stranger.declareQueue(queue) }
                #expect(error.code == .resourceLocked)
                #expect(error.replyCode == 405)
                #expect(error.isRetriable)
            }
        }
    }

    @Test(arguments: [AMQPExchange.Kind.direct, .fanout, .topic, .headers])
    func `Exchanges of every kind route as they are bound`(kind: AMQPExchange.Kind) async throws {
        try await Broker.withChannel { channel in
            let exchange = AMQPExchange(
                name: Broker.uniqueName("exchange"),
                kind: kind,
                durable: false,
                autoDelete: true
            )
            try await channel.declareExchange(exchange)
            try await channel.declareExchange(exchange, passive: true)
            let queue = try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true)).name
            let key = kind == .topic ? "a.*" : "a.b"
            let arguments: AMQPTable = kind == .headers ? ["x-match": "all", "colour": "red"] : [:]
            try await channel.bind(queue: queue, exchange: exchange.name, routingKey: key, arguments: arguments)

            let deliveries = Collector<AMQPDelivery>()
            _ = try await channel.consume(queue: queue, noAcknowledge: true, onDeliveries: deliveries.append)
            let message = AMQPMessage(
                exchange: exchange.name,
                routingKey: "a.b",
                properties: AMQPProperties(headers: ["colour": "red"]),
                body: [1]
            )
            channel.publish(message)
            let delivery = try await deliveries.wait(for: 1)[0]
            #expect(delivery.exchange == exchange.name)
            #expect(delivery.routingKey == "a.b")

            let returns = Collector<AMQPReturn>()
            channel.setReturnHandler(returns.append)
            try await channel.unbind(queue: queue, exchange: exchange.name, routingKey: key, arguments: arguments)
            let second = AMQPExchange(name: exchange.name + ".2", kind: kind, durable: false)
            try await channel.declareExchange(second)
            var lost = message
            lost.exchange = second.name
            lost.mandatory = true
            channel.publish(lost)
            let returned = try await returns.wait(for: 1)[0]
            #expect(returned.replyCode == 312)
            #expect(returned.body == [1])
            try await channel.deleteExchange(second.name)
        }
    }

    @Test func `A name beyond 255 bytes is refused before anything is sent`() async throws {
        try await Broker.withChannel { channel in
            let long = String(repeating: "n", count: 256)
            let errors = [
                try await amqpError { try await channel.declareQueue(AMQPQueue(name: long)) },
                try await amqpError { try await channel.declareExchange(AMQPExchange(name: long, kind: .direct)) },
                try await amqpError { try await channel.bind(queue: "", exchange: "", routingKey: long) },
                try await amqpError { try await channel.purge(queue: long) },
                try await amqpError {
                    try await channel.declareQueue(
                        AMQPQueue(name: "x", arguments: ["a": .string(String(repeating: "v", count: 200_000))])
                    )
                },
            ]
            #expect(errors.map(\.code) == Array(repeating: .invalidArgument, count: 5))
            #expect(channel.endError == nil)
            try await channel.declareQueue(AMQPQueue(name: "", durable: false, exclusive: true))
        }
    }
}
