import AMQP
import ArgumentParser
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Postgres
import ServiceLifecycle

struct SimpleOptions: ParsableArguments {
    @Option(help: "The broker.")
    var amqpURL: String

    @Option(help: "The queue of the requests.")
    var queue: String

    var logger: Logger {
        var logger = Logger(label: "simple")
        logger.logLevel = .error
        return logger
    }

    func channel() async throws -> AMQPChannel {
        try await AMQPConnection.connect(AMQPConfiguration(url: amqpURL), logger: logger).openChannel()
    }

    func declareRequests(on channel: AMQPChannel) async throws {
        try await channel.declareQueue(AMQPQueue(name: queue, durable: true, arguments: ["x-queue-type": "classic"]))
    }
}

private struct SimpleRequest: Codable, Sendable {
    var domain: String
    var app: String
    var stream: String
}

private struct SimpleAnswer: Codable, Sendable {
    var apiVersion = "1.0"
    var needRecord = false

    enum CodingKeys: String, CodingKey {
        case apiVersion = "ApiVersion"
        case needRecord = "NeedRecord"
    }
}

/// Asks over the broker for each request, and waits for five seconds.
struct SimpleGateway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "simple-gateway")

    @OptionGroup var options: SimpleOptions

    @Option(help: "Where to listen.")
    var port: Int

    private typealias Waiter = CheckedContinuation<[UInt8], Never>

    func run() async throws {
        let requests = try await options.channel()
        try await options.declareRequests(on: requests)
        let replies = try await options.channel()
        let replyQueue = "\(options.queue).replies"
        try await replies.declareQueue(AMQPQueue(name: replyQueue, durable: false, exclusive: true, autoDelete: true))
        let waiters = NIOLockedValueBox<[String: Waiter]>([:])
        _ = try await replies.consume(
            queue: replyQueue,
            noAcknowledge: true,
            onDeliveries: { deliveries in
                for delivery in deliveries {
                    let id = delivery.properties.correlationID ?? ""
                    waiters.withLockedValue { $0.removeValue(forKey: id) }?.resume(returning: delivery.body)
                }
            },
            onCancelled: {}
        )
        let queue = options.queue
        let server = try HTTPServerBuilder.http1().buildServer(
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: options.logger,
            responder: { request, writer, _ in
                let items = URLComponents(string: request.head.path ?? "/")?.queryItems ?? []
                func value(_ name: String) -> String { items.first { $0.name == name }?.value ?? "" }
                let question = SimpleRequest(domain: value("domain"), app: value("app"), stream: value("stream"))
                let id = UUID().uuidString
                let message = AMQPMessage(
                    routingKey: queue,
                    properties: AMQPProperties(
                        contentType: "application/json",
                        correlationID: id,
                        replyTo: replyQueue
                    ),
                    body: Array(try JSONEncoder().encode(question))
                )
                let timeout = Task {
                    try await Task.sleep(for: .seconds(5))
                    let body = Array(try JSONEncoder().encode(SimpleAnswer()))
                    waiters.withLockedValue { $0.removeValue(forKey: id) }?.resume(returning: body)
                }
                let body = await withCheckedContinuation { waiter in
                    waiters.withLockedValue { $0[id] = waiter }
                    requests.publish(message)
                }
                timeout.cancel()
                try await writer.write(
                    response: HTTPResponse(
                        status: .ok,
                        headerFields: [.contentType: "application/json", .contentLength: "\(body.count)"]
                    ),
                    body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
                )
            }
        )
        try await server.run()
    }
}

/// Decides each request by itself.
struct SimpleWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "simple-worker")

    @OptionGroup var options: SimpleOptions

    @Option(help: "The database with the rules.")
    var databaseURL: String

    func run() async throws {
        let channel = try await options.channel()
        try await options.declareRequests(on: channel)
        try await channel.setPrefetch(256)
        let database = try PostgresPool(
            configuration: PostgresConfiguration(url: databaseURL),
            size: 8,
            logger: options.logger
        )
        let (deliveries, incoming) = AsyncStream<AMQPDelivery>.makeStream()
        _ = try await channel.consume(
            queue: options.queue,
            onDeliveries: { for delivery in $0 { incoming.yield(delivery) } },
            onCancelled: { incoming.finish() }
        )
        await withDiscardingTaskGroup { group in
            for await delivery in deliveries {
                group.addTask { await Self.answer(delivery, database, channel) }
            }
        }
    }

    private static func answer(_ delivery: AMQPDelivery, _ database: PostgresPool, _ channel: AMQPChannel) async {
        var answer = SimpleAnswer()
        if let request = try? JSONDecoder().decode(SimpleRequest.self, from: Data(delivery.body)) {
            let row = try? await database.withConnection(timeout: .seconds(5)) { connection in
                try await connection.query("SELECT need_record FROM rules WHERE domain = \(request.domain)").first?
                    .decode(Bool.self)
            }
            answer.needRecord = row.flatMap { $0 } ?? false
        }
        channel.publish(
            AMQPMessage(
                routingKey: delivery.properties.replyTo ?? "",
                properties: AMQPProperties(
                    contentType: "application/json",
                    correlationID: delivery.properties.correlationID
                ),
                body: Array((try? JSONEncoder().encode(answer)) ?? Data())
            )
        )
        channel.acknowledge(delivery.deliveryTag)
    }
}
