import AMQP
import Logging
import Wire

/// Looks at the broker: whether it can be reached, and whether its topology is ours.
struct BrokerExamination {
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    func findings() async -> [Finding] {
        var configuration = settings.amqp
        configuration.connectionName = "needrecord doctor"
        let place = configuration.redactedDescription
        let connection: AMQPConnection
        do {
            connection = try await AMQPConnection.connect(configuration, logger: logger)
        } catch {
            return [.fault("broker", "\(place): \(error)", advice: advice(for: error))]
        }
        var findings = [Finding.ok("broker", "connected to \(place)")]
        findings += await topology(on: connection)
        findings += await alarms(on: connection)
        await connection.close()
        return findings
    }

    private func advice(for error: AMQPError) -> String {
        switch error.code {
        case .authenticationFailed: "Check user and password in amqp.url (NEEDRECORD_AMQP_URL)."
        case .accessRefused, .notAllowed: "Check the virtual host in amqp.url, and the user's permissions in it."
        default: "Is RabbitMQ running there? Check amqp.url (NEEDRECORD_AMQP_URL)."
        }
    }

    private func topology(on connection: AMQPConnection) async -> [Finding] {
        do {
            switch try await settings.topology.examine(on: connection) {
            case .absent(let name):
                return [
                    .warning(
                        "topology",
                        "there is no \(name) yet",
                        advice: "The first gateway or worker that starts declares it."
                    )
                ]
            case .different(let name, let text):
                return [
                    .fault(
                        "topology",
                        "\(name) has other settings: \(text)",
                        advice: "Set the topology.* and answer.budget settings as they were, or delete \(name)."
                    )
                ]
            case .present(let waiting, let workers):
                let detail = "complete, \(waiting) callbacks waiting, \(workers) workers"
                return workers > 0
                    ? [.ok("topology", detail)]
                    : [.warning("topology", detail, advice: "Start a worker, or callbacks get the default.")]
            }
        } catch {
            return [.fault("topology", "\(error)", advice: "Check the user's permissions in the virtual host.")]
        }
    }

    /// A broker that is short of memory or disk says so to those who publish, and to nobody else. What is published
    /// here is for a queue that does not exist, so that nothing becomes of it.
    private func alarms(on connection: AMQPConnection) async -> [Finding] {
        let (outcomes, outcome) = AsyncStream<AMQPPublishOutcome>.makeStream()
        let message = AMQPMessage(routingKey: "\(settings.topology.namespace).doctor", body: [])
        do {
            let channel = try await connection.openChannel()
            let publisher = try await channel.makePublisher(
                onOutcomes: { (batch: [(token: Int, outcome: AMQPPublishOutcome)]) in
                    for settled in batch { outcome.yield(settled.outcome) }
                }
            )
            var settled = outcomes.makeAsyncIterator()
            // The first may be confirmed before the broker's word of its alarm is here; the second is not read then.
            for number in 1...2 {
                publisher.publish(message, token: number)
                // It comes for certain: a broker that says nothing is left after two heartbeats.
                if let fault = await settled.next().flatMap(fault) { return [fault] }
            }
        } catch {
            return [.fault("publishing", "\(error)", advice: "Check the user's permissions in the virtual host.")]
        }
        return [.ok("publishing", "the broker takes what is published")]
    }

    private func fault(_ outcome: AMQPPublishOutcome) -> Finding? {
        switch outcome {
        case .confirmed, .negativelyAcknowledged, .returned:
            nil
        case .blocked(let reason):
            .fault(
                "publishing",
                "the broker takes nothing: \(reason)",
                advice:
                    "Give it memory or disk; `rabbitmqctl status` lists alarms. Until then callbacks get the default."
            )
        case .failed(let error):
            .fault(
                "publishing",
                "\(error)",
                advice: "Check the user's permissions: replies go over the default exchange, amq.default."
            )
        }
    }
}
