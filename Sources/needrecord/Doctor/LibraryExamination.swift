import AMQP
import Postgres

/// Looks at the C libraries that this process runs with.
struct LibraryExamination {
    func findings() -> [Finding] {
        let amqp = libRabbitMQVersion()
        let parts = amqp.split(separator: ".").compactMap { Int($0) }
        let isNewEnough = parts.count >= 2 && (parts[0], parts[1]) >= (0, 11)
        let pq = libpqVersion()
        return [
            isNewEnough
                ? .ok("librabbitmq", amqp)
                : .fault("librabbitmq", "\(amqp) is too old", advice: "Install version 0.11 or newer."),
            pq >= 140_000
                ? .ok("libpq", "\(pq / 10_000).\(pq % 10_000)")
                : .fault("libpq", "\(pq) is too old", advice: "Install version 14 or newer."),
        ]
    }
}
