import ArgumentParser
import BusinessState
import Logging
import Postgres
import Wire

struct QuotasSetCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a quota, or change one; workers go by it from the next callback on.",
        usage: """
            needrecord quotas set gold --scope domain --concurrent 20
            needrecord quotas set trial --scope app --concurrent 1 --minutes 600 --time-zone Asia/Shanghai
            """,
        discussion: """
            What is not given is set to its default, also when the quota is there already. Its scope cannot change. A \
            lower limit ends no recording.
            """
    )

    @Argument(help: "What rules call it: up to 100 letters, digits, dots, dashes and underscores.")
    var name: String

    @Option(help: "What is counted together: domain, app or group.", transform: Self.scope)
    var scope: Quota.Scope

    @Option(parsing: .unconditional, help: "How many streams may be recorded at the same time; none is no limit.")
    var concurrent: Int?

    @Option(parsing: .unconditional, help: "How many minutes may be recorded in a calendar month; none is no limit.")
    var minutes: Int?

    @Option(help: "The IANA name of the time zone that months begin in.")
    var timeZone = "UTC"

    @Option(help: "How long a reservation lasts without a sign of life, 5m to 31d.")
    var expiry = QuotasExpiry(.seconds(86_400))

    @Option(
        help:
            "How long it waits for record_started, 10s to --expiry; none where the platform sends no status callbacks."
    )
    var startExpiry: QuotasExpiry?

    @Option(help: "For people; up to 1000 bytes.")
    var note = ""

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard concurrent != nil || minutes != nil else {
            throw ValidationError("a quota needs --concurrent, --minutes or both")
        }
        guard Quota.expiryRange.contains(expiry.duration) else { throw ValidationError("--expiry must be 5m to 31d") }
        if let startExpiry, startExpiry.duration > expiry.duration {
            throw ValidationError("--start-expiry must not be longer than --expiry")
        }
        for (limit, flag) in [(concurrent, "--concurrent"), (minutes, "--minutes")] {
            guard let limit else { continue }
            guard (0...Int(Int32.max)).contains(limit) else {
                throw ValidationError("\(flag) must be 0 to \(Int32.max)")
            }
        }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        let quota = Quota(
            name: name,
            scope: scope,
            concurrentLimit: concurrent,
            minutesLimit: minutes,
            timeZone: timeZone,
            reservationExpiry: expiry.duration,
            startExpiry: startExpiry?.duration,
            note: note
        )
        let connection = try await PostgresConnection.connect(settings.database(as: .operator), logger: logger)
        let isNew: Bool
        do {
            isNew = try await QuotaStore(connection).set(quota)
        } catch {
            // 23: what the table's constraints and its trigger refuse.
            guard error.sqlState?.errorClass == "23" else { throw error }
            throw Failure("the database refuses this quota: \(error.message)")
        }
        await connection.close()
        switch output {
        case .text: print("\(isNew ? "made" : "changed") quota \(name)")
        case .json:
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("quota", name)
                writer.member("new", isNew)
            }
            print(String(decoding: writer.bytes, as: UTF8.self))
        }
    }

    private static func scope(_ name: String) throws -> Quota.Scope {
        guard let scope = Quota.Scope(rawValue: name) else {
            throw ValidationError("the scopes are domain, app and group")
        }
        return scope
    }
}
