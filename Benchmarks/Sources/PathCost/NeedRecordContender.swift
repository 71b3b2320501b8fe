import Foundation
import Postgres
import Wire

/// The product: gateways, workers and an auditor, with everything on.
struct NeedRecordContender: Contender {
    let processes: [Child]
    /// Its database, as the owner of which one may connect.
    let databaseURL: String
    private let shape: InstallationShape
    private let surroundings: Surroundings
    /// Where each gateway listens.
    private let urls: [String]

    var name: String { shape.name }

    init(_ surroundings: Surroundings, _ shape: InstallationShape = InstallationShape()) async throws {
        self.surroundings = surroundings
        self.shape = shape
        try await surroundings.createDatabase(Self.database(of: shape))
        databaseURL = try surroundings.url(ofDatabase: Self.database(of: shape))
        let environment = [
            "NEEDRECORD_AMQP_URL": surroundings.amqpURL,
            "NEEDRECORD_DATABASE_URL": databaseURL,
            "NEEDRECORD_MIGRATIONS_DIRECTORY": surroundings.migrations,
            "NEEDRECORD_TOPOLOGY_NAMESPACE": Self.topology(of: shape).namespace,
            "NEEDRECORD_HTTP_HOST": "127.0.0.1",
        ]
        let login = URLComponents(string: surroundings.databaseURL)?.user ?? "postgres"
        try Child.run(surroundings.needrecord, ["migrate", "--grant", login], environment: environment)
        if let rules = shape.rules {
            let owner = try await surroundings.connect(to: databaseURL)
            try await RuleFill(count: rules).write(on: owner)
            await owner.close()
        } else {
            try Child.run(
                surroundings.needrecord,
                [
                    "rules", "add", "--domain", "test.com", "--app", "*", "--stream", "*", "--record",
                    "--format", "mp4", "--interval", "mp4=300", "--note", "benchmark",
                ],
                environment: environment
            )
        }
        var processes: [Child] = []
        var urls: [String] = []
        for number in 1...shape.gateways {
            let port = try freePort()
            urls.append("http://127.0.0.1:\(port)/")
            let own = [
                "NEEDRECORD_HTTP_PORT": "\(port)",
                "NEEDRECORD_JOURNAL_DIRECTORY": surroundings.directory + "/journal-\(shape.key)-\(number)",
            ]
            processes.append(try await Self.start("gateway", surroundings, shape, environment.merging(own) { $1 }))
        }
        for role in Array(repeating: "worker", count: shape.workers) + ["auditor"] {
            processes.append(try await Self.start(role, surroundings, shape, environment))
        }
        self.processes = processes
        self.urls = urls
    }

    func commands(for load: Load, seconds: Int) -> [Command] {
        let streams = shape.rules.map { RuleFill(count: $0).streams } ?? 1_000
        return urls.map { surroundings.push(load.share(of: urls.count), seconds: seconds, to: $0, streams: streams) }
    }

    /// Ends it, and removes what it has in the servers.
    func remove() async throws {
        for process in processes { process.stop() }
        try await surroundings.dropDatabase(Self.database(of: shape))
        try await surroundings.delete(Self.topology(of: shape))
    }

    private static func database(of shape: InstallationShape) -> String {
        "needrecord_benchmark_\(shape.key)"
    }

    private static func topology(of shape: InstallationShape) -> Topology {
        Topology(namespace: "benchmark\(getpid()).\(shape.key)")
    }

    /// Starts a process, and returns when it is ready.
    private static func start(
        _ role: String,
        _ surroundings: Surroundings,
        _ shape: InstallationShape,
        _ environment: [String: String]
    ) async throws -> Child {
        let port = try freePort()
        let process = try Child(
            role,
            surroundings.needrecord,
            [role],
            environment: environment.merging(["NEEDRECORD_OPS_PORT": "\(port)"]) { $1 },
            log: surroundings.directory + "/\(shape.key)-\(role)-\(port).log"
        )
        try await waitUntilReady("http://127.0.0.1:\(port)/health/ready")
        return process
    }
}
