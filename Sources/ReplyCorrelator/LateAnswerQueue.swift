internal import AMQP
internal import Logging
public import Wire

/// Takes what was told of late decisions.
///
/// - Parameters:
///   - answers: The decisions, with the lengths of their messages in bytes.
///   - malformed: How many messages besides could not be understood.
public typealias LateAnswersHandler =
    @Sendable (_ answers: [(answer: LateAnswer, length: Int)], _ malformed: Int) -> Void

/// The queue of this gateway for the late answers of all gateways.
struct LateAnswerQueue: Sendable {
    let topology: Topology
    let logger: Logger
    let onAnswers: LateAnswersHandler

    /// Binds a queue that ends with the connection, and takes what comes.
    ///
    /// - Parameter epoch: Tells this connection of this gateway from every other.
    func begin(on connection: AMQPConnection, epoch: String) async throws {
        let channel = try await connection.openChannel()
        channel.setCloseHandler { _ in connection.requestClose() }
        let queue = topology.lateQueue(epoch: epoch)
        try await channel.declareQueue(queue)
        try await channel.bind(queue: queue.name, exchange: topology.lateExchange, routingKey: "")
        // What is lost with the connection was meant for an outage of others.
        _ = try await channel.consume(
            queue: queue.name,
            noAcknowledge: true,
            exclusive: true,
            onDeliveries: { receive($0) },
            onCancelled: { connection.requestClose() }
        )
    }

    private func receive(_ deliveries: [AMQPDelivery]) {
        var answers: [(answer: LateAnswer, length: Int)] = []
        var malformed = 0
        for delivery in deliveries {
            do throws(WireError) {
                answers.append((try LateAnswer(decodingBody: delivery.body), delivery.body.count))
            } catch {
                // Every gateway has a copy. The dead queue would get as many, so, as with replies, this is where it ends.
                malformed += 1
                logger.warning("not a late answer", metadata: ["reason": "\(error)"])
            }
        }
        onAnswers(answers, malformed)
    }
}
