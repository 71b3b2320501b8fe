import AMQP
import ArgumentParser
import Foundation
import Wire

/// Asks the floor as `needrecord push` asks a gateway, and prints what came of it in the same words.
struct FloorRequester: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "floor-requester")

    @OptionGroup var options: FloorOptions

    @Option(help: "Events in flight: each reply is followed by the next event.")
    var inFlight: Int?

    @Option(help: ArgumentHelp("Events a second, whatever the replies do.", valueName: "per second"))
    var rate: Int?

    @Flag(help: "Arrivals as of independent streams (Poisson) instead of at equal intervals; with --rate.")
    var poisson = false

    @Option(help: "How long.")
    var seconds: Int

    func validate() throws {
        guard (inFlight == nil) != (rate == nil) else { throw ValidationError("either --in-flight or --rate") }
        if poisson, rate == nil { throw ValidationError("--poisson needs --rate") }
        guard inFlight ?? 1 > 0, rate ?? 1 > 0 else { throw ValidationError("--in-flight and --rate begin at 1") }
    }

    func run() async throws {
        let connection = try await options.connect()
        try await options.topology.declare(on: connection)
        let replies = try await connection.openChannel()
        let queue = AMQPQueue(
            name: options.topology.replyQueue(epoch: "floor.\(getpid())"),
            durable: false,
            exclusive: true,
            autoDelete: true,
            arguments: ["x-queue-type": "classic"]
        )
        try await replies.declareQueue(queue)
        let publishing = try await options.connect().openChannel()
        let begin = ContinuousClock.now
        let measured = begin + .milliseconds(Load.warmUpMilliseconds)
        let end = measured + .seconds(seconds)
        let exchange = FloorExchange(
            channel: publishing,
            topology: options.topology,
            replyQueue: queue.name,
            measured: measured..<end
        )
        let isClosed = inFlight != nil
        _ = try await replies.consume(
            queue: queue.name,
            noAcknowledge: true,
            onDeliveries: { deliveries in
                exchange.received(deliveries)
                if isClosed { exchange.publish(due: Array(repeating: .now, count: deliveries.count)) }
            },
            onCancelled: {}
        )
        if let inFlight {
            exchange.publish(due: Array(repeating: .now, count: inFlight))
            try await Task.sleep(until: end, clock: .continuous)
        }
        if let rate { try await exchange.publish(Arrivals(rate: rate, isPoisson: poisson), from: begin) }
        try await exchange.finish()
        print(exchange.json)
        await connection.close()
    }
}
