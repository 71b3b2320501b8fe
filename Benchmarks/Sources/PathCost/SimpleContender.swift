import Foundation
import Postgres

/// The whole path as somebody would write it in an afternoon: a task and a timer for each request, a message for each event
/// and each reply, one SELECT and one acknowledgement for each message. No journal, no audit trail, no event log.
struct SimpleContender: Contender {
    let name = "simple"
    let processes: [Child]
    /// The database with its rules.
    let databaseURL: String
    private let surroundings: Surroundings
    private let url: String

    init(_ surroundings: Surroundings) async throws {
        self.surroundings = surroundings
        let database = "needrecord_benchmark_simple"
        try await surroundings.createDatabase(database)
        databaseURL = try surroundings.url(ofDatabase: database)
        let owner = try await surroundings.connect(to: databaseURL)
        try await owner.execute("CREATE TABLE rules (domain text PRIMARY KEY, need_record boolean NOT NULL)")
        try await owner.execute("INSERT INTO rules VALUES ('test.com', true)")
        await owner.close()
        let queue = "simple\(getpid())"
        let port = try freePort()
        let common = ["--amqp-url", surroundings.amqpURL, "--queue", queue]
        processes = [
            try Child(
                "gateway",
                surroundings.own,
                ["simple-gateway", "--port", "\(port)"] + common,
                log: surroundings.directory + "/simple-gateway.log"
            ),
            try Child(
                "worker",
                surroundings.own,
                ["simple-worker", "--database-url", databaseURL] + common,
                log: surroundings.directory + "/simple-worker.log"
            ),
        ]
        url = "http://127.0.0.1:\(port)/"
        try await waitUntilReady(url + "?domain=test.com")
    }

    func commands(for load: Load, seconds: Int) -> [Command] {
        [surroundings.push(load, seconds: seconds, to: url)]
    }
}
