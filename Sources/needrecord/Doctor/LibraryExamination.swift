import AMQP
import Postgres

/// Looks at the C libraries that this process runs with.
struct LibraryExamination {
    func findings() -> [Finding] {
        let amqp = libRabbitMQVersion()
        let parts = amqp.split(separator: ".").compactMap { Int($0) }
        let version = parts.count >= 2 ? (parts[0], parts[1]) : (0, 0)
        let pq = libpqVersion()
        return [
            Self.finding(librabbitmq: amqp, version),
            pq >= 140_000
                ? .ok("libpq", "\(pq / 10_000).\(pq % 10_000)")
                : .fault("libpq", "\(pq) is too old", advice: "Install version 14 or newer."),
        ]
    }

    /// The advisories of the library's project: before 0.16 a frame that is too short is read beyond its end
    /// (GHSA-9mmv-r8g3-qp46), and a broker may set frames below 4,096 bytes (GHSA-jh48-qjf5-fx5v; the connection refuses
    /// such a broker once it is logged in); before 0.18 frames on channels that nobody has opened take memory without an end
    /// (GHSA-5fp7-wg2f-hhgp).
    static func finding(librabbitmq text: String, _ version: (Int, Int)) -> Finding {
        if version < (0, 11) {
            return .fault("librabbitmq", "\(text) is too old", advice: "Install version 0.11 or newer.")
        }
        guard version < (0, 18) else { return .ok("librabbitmq", text) }
        return .warning(
            "librabbitmq",
            "\(text) can be crashed by \(version < (0, 16) ? "short frames" : "frames on unknown channels")",
            advice:
                "Whoever is between here and the broker could send them: connect with amqps:// and verification, or "
                + "install version 0.18 or newer."
        )
    }
}
