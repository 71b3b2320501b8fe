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
}
