import ArgumentParser
import Foundation
import Postgres

/// What is added to the floor by the one question to the database that no decision can do without.
struct SelectContender: Contender {
    let name = "SELECT"
    let processes: [Child] = []
    private let surroundings: Surroundings
    private let databaseURL: String

    /// - Parameter simple: Whose table is asked.
    init(_ surroundings: Surroundings, of simple: SimpleContender) {
        self.surroundings = surroundings
        databaseURL = simple.databaseURL
    }

    func commands(for load: Load, seconds: Int) -> [Command] {
        // Only one at a time is a matter of the time that each takes.
        guard load == .closed(1) else { return [] }
        let arguments = ["select-requester", "--database-url", databaseURL, "--seconds", "\(seconds)"]
        return [Command(executable: surroundings.own, arguments: arguments)]
    }
}

/// Reads one row by its key, again and again, and prints what came of it as `needrecord push` does.
struct SelectRequester: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "select-requester")

    @Option(help: "The database.")
    var databaseURL: String

    @Option(help: "How long.")
    var seconds: Int

    func run() async throws {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: databaseURL),
            logger: .benchmark
        )
        let measured = ContinuousClock.now + .milliseconds(Load.warmUpMilliseconds)
        let end = measured + .seconds(seconds)
        var tally = FloorTally(measured: measured..<end)
        while case let now = ContinuousClock.now, now < end {
            tally.sent("select", due: now)
            _ = try await connection.query("SELECT need_record FROM rules WHERE domain = \("test.com")")
            tally.received("select", at: .now)
        }
        print(tally.json)
        await connection.close()
    }
}
