import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Postgres
import Wire

struct ReservationsListCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List reservations, the oldest first."
    )

    @Option(help: "Only of this play domain.")
    var domain: String?

    @Option(help: "Only of this application.")
    var app: String?

    @Option(help: "Only of this stream.")
    var stream: String?

    @Option(help: "Only those charged to this quota.")
    var quota: String?

    @Flag(help: "Also those that have ended.")
    var all = false

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .reader), logger: logger)
        let reservations = try await QuotaStore(connection).reservations(
            ReservationFilter(domain: domain, app: app, stream: stream, quota: quota, includesEnded: all)
        )
        await connection.close()
        switch output {
        case .text: printTable(reservations)
        case .json: printJSON(reservations)
        }
    }

    private func printTable(_ reservations: [StoredReservation]) {
        let header = ["ID", "DOMAIN", "APP", "STREAM", "QUOTA", "RULE", "ASKED", "STATE", "UNTIL"]
        let rows = reservations.map { reservation in
            [
                String(reservation.id), reservation.domain, reservation.app, reservation.stream, reservation.quota,
                String(reservation.rule.rawValue), reservation.askedAt.description,
                reservation.endCause ?? reservation.state.rawValue,
                (reservation.endedAt ?? reservation.expiresAt).description,
            ]
        }
        print(TextTable(header: header, rows: rows).text)
        print("\(reservations.count) \(reservations.count == 1 ? "reservation" : "reservations")")
    }

    private func printJSON(_ reservations: [StoredReservation]) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("reservations", array: { for reservation in reservations { $0.element(reservation) } })
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension JSONWriter {
    fileprivate mutating func element(_ reservation: StoredReservation) {
        object { writer in
            writer.member("id", reservation.id)
            writer.member("domain", reservation.domain)
            writer.member("app", reservation.app)
            writer.member("stream", reservation.stream)
            writer.member("quota", reservation.quota)
            writer.member("bucket", reservation.bucket)
            writer.member("state", reservation.state.rawValue)
            writer.member("rule", reservation.rule.rawValue)
            writer.member("event", reservation.event.description)
            writer.member("asks", reservation.asks)
            writer.member("asked_at", reservation.askedAt.description)
            writer.member("last_asked_at", reservation.lastAskedAt.description)
            writer.member("expires_at", reservation.expiresAt.description)
            if let since = reservation.recordingSince { writer.member("recording_since", since.description) }
            if let endedAt = reservation.endedAt { writer.member("ended_at", endedAt.description) }
            if let cause = reservation.endCause { writer.member("end_cause", cause) }
        }
    }
}
