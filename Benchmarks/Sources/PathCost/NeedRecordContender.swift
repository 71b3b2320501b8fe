import Foundation

/// The product: a gateway, a worker and an auditor, with everything on.
struct NeedRecordContender: Contender {
    let name = "needrecord"
    let processes: [Child]
    private let surroundings: Surroundings
    private let url: String

    init(_ surroundings: Surroundings) async throws {
        self.surroundings = surroundings
        let database = "needrecord_benchmark_path"
        try await surroundings.createDatabase(database)
        let login = URLComponents(string: surroundings.databaseURL)?.user ?? "postgres"
        var environment = [
            "NEEDRECORD_AMQP_URL": surroundings.amqpURL,
            "NEEDRECORD_DATABASE_URL": try surroundings.url(ofDatabase: database),
            "NEEDRECORD_MIGRATIONS_DIRECTORY": surroundings.migrations,
            "NEEDRECORD_TOPOLOGY_NAMESPACE": "benchmark\(getpid())",
            "NEEDRECORD_JOURNAL_DIRECTORY": surroundings.directory + "/journal",
            "NEEDRECORD_HTTP_HOST": "127.0.0.1",
        ]
        try Child.run(surroundings.needrecord, ["migrate", "--grant", login], environment: environment)
        try Child.run(
            surroundings.needrecord,
            [
                "rules", "add", "--domain", "test.com", "--app", "*", "--stream", "*", "--record", "--format", "mp4",
                "--interval", "mp4=300", "--note", "benchmark",
            ],
            environment: environment
        )
        var processes: [Child] = []
        let port = try freePort()
        environment["NEEDRECORD_HTTP_PORT"] = "\(port)"
        for role in ["gateway", "worker", "auditor"] {
            let ops = try freePort()
            environment["NEEDRECORD_OPS_PORT"] = "\(ops)"
            processes.append(
                try Child(
                    role,
                    surroundings.needrecord,
                    [role],
                    environment: environment,
                    log: surroundings.directory + "/needrecord-\(role).log"
                )
            )
            try await waitUntilReady("http://127.0.0.1:\(ops)/health/ready")
        }
        self.processes = processes
        url = "http://127.0.0.1:\(port)/"
    }

    func command(for load: Load, seconds: Int) -> (executable: String, arguments: [String])? {
        surroundings.push(load, seconds: seconds, to: url)
    }
}
