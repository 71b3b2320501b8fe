import ArgumentParser
import BusinessState
import Logging
import Postgres
import Wire

struct QuotasListCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the quotas."
    )

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .reader), logger: logger)
        let quotas = try await QuotaStore(connection).list()
        await connection.close()
        switch output {
        case .text: printTable(quotas)
        case .json: printJSON(quotas)
        }
    }

    private func printTable(_ quotas: [Quota]) {
        let header = ["QUOTA", "SCOPE", "CONCURRENT", "MINUTES", "TIME ZONE", "EXPIRY", "START", "NOTE"]
        let rows = quotas.map { quota in
            [
                quota.name, quota.scope.rawValue, quota.concurrentLimit.map(String.init) ?? "-",
                quota.minutesLimit.map(String.init) ?? "-", quota.timeZone,
                QuotasExpiry(quota.reservationExpiry).text,
                quota.startExpiry.map { QuotasExpiry($0).text } ?? "-", quota.note,
            ]
        }
        print(TextTable(header: header, rows: rows).text)
    }

    private func printJSON(_ quotas: [Quota]) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("quotas", array: { for quota in quotas { $0.element(quota) } })
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension JSONWriter {
    fileprivate mutating func element(_ quota: Quota) {
        object { writer in
            writer.member("quota", quota.name)
            writer.member("scope", quota.scope.rawValue)
            if let limit = quota.concurrentLimit { writer.member("concurrent_limit", limit) }
            if let limit = quota.minutesLimit { writer.member("minutes_limit", limit) }
            writer.member("time_zone", quota.timeZone)
            writer.member("expiry_seconds", quota.reservationExpiry.components.seconds)
            if let expiry = quota.startExpiry { writer.member("start_expiry_seconds", expiry.components.seconds) }
            writer.member("note", quota.note)
        }
    }
}
