import ArgumentParser
import BusinessState
import Logging
import Postgres

struct ReservationsReleaseCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "End the reservation of a stream, and make room for another.",
        discussion: """
            A recording that is going on goes on; it only counts no more. Exit code 1 when the stream has no reservation.
            """
    )

    @Option(help: "The play domain.")
    var domain: String

    @Option(help: "The application.")
    var app: String

    @Option(help: "The stream name.")
    var stream: String

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(settings.database(as: .operator), logger: logger)
        let wasThere = try await QuotaStore(connection).release(domain: domain, app: app, stream: stream)
        await connection.close()
        guard wasThere else { throw Failure("\(domain) / \(app) / \(stream) has no reservation") }
        print("released \(domain) / \(app) / \(stream)")
    }
}
