import ArgumentParser
import BusinessState
import Logging
import Postgres
import Wire

struct QuotasUsageCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show how full the quotas are, for each domain or app that has asked."
    )

    @Argument(help: "The quotas; none for all.")
    var names: [String] = []

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .reader), logger: logger)
        let store = QuotaStore(connection)
        let known = names.isEmpty ? [] : try await store.list().map(\.name)
        let usages = try await store.usage(of: names.isEmpty ? nil : names)
        await connection.close()
        let missing = names.filter { !known.contains($0) }
        guard missing.isEmpty else { throw Failure("there is no quota \(missing.joined(separator: ", "))") }
        switch output {
        case .text: printTable(usages)
        case .json: printJSON(usages)
        }
    }

    private func printTable(_ usages: [QuotaUsage]) {
        let header = ["QUOTA", "COUNTED FOR", "CONCURRENT", "MONTH", "MINUTES"]
        let rows = usages.map { usage in
            [
                usage.quota, usage.bucket.isEmpty ? "all" : usage.bucket, usage.concurrent.text, usage.month,
                usage.minutes.text,
            ]
        }
        print(TextTable(header: header, rows: rows).text)
    }

    private func printJSON(_ usages: [QuotaUsage]) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("usage", array: { for usage in usages { $0.element(usage) } })
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension QuotaUsage.Limit {
    /// What is used of what, such as `3/10`, or `3` alone without a limit.
    fileprivate var text: String {
        limit.map { "\(used)/\($0)" } ?? String(used)
    }
}

extension JSONWriter {
    fileprivate mutating func element(_ usage: QuotaUsage) {
        object { writer in
            writer.member("quota", usage.quota)
            writer.member("bucket", usage.bucket)
            writer.member("concurrent_used", usage.concurrent.used)
            if let limit = usage.concurrent.limit { writer.member("concurrent_limit", limit) }
            writer.member("month", usage.month)
            writer.member("minutes_used", usage.minutes.used)
            if let limit = usage.minutes.limit { writer.member("minutes_limit", limit) }
        }
    }
}
