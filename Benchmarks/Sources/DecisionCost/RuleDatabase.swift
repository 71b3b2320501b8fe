import BusinessState
import DecisionCore
import Logging
import Measuring
import Postgres

/// A database with a number of rules, and a connection as a worker has it.
struct RuleDatabase {
    let size: RuleCount
    private let name: String
    private let connection: PostgresConnection
    private let backend: ProcessClock

    static func create(
        _ size: RuleCount,
        server: PostgresConfiguration,
        url: String,
        migrations: String,
        logger: Logger
    ) async throws -> RuleDatabase {
        let name = "needrecord_benchmark_\(size.exact + size.globs)"
        let administrator = try await PostgresConnection.connect(server, logger: logger)
        try await administrator.execute("DROP DATABASE IF EXISTS \(identifier: name)")
        try await administrator.execute("CREATE DATABASE \(identifier: name)")
        await administrator.close()
        var configuration = try PostgresConfiguration(url: replacingDatabase(in: url, with: name))
        configuration.statementTimeout = .seconds(600)
        let owner = try await PostgresConnection.connect(configuration, logger: logger)
        try await Migrator(files: MigrationFile.load(directory: migrations), connection: owner).migrate()
        try await owner.execute("GRANT needrecord_worker TO CURRENT_USER")
        try await load(size, owner)
        await owner.close()
        configuration.role = "needrecord_worker"
        configuration.sessionSettings = FactsReader.sessionSettings
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        let backend = ProcessClock(process: await connection.backendProcessID)
        return RuleDatabase(size: size, name: name, connection: connection, backend: backend)
    }

    func drop(server: PostgresConfiguration, logger: Logger) async throws {
        await connection.close()
        let administrator = try await PostgresConnection.connect(server, logger: logger)
        try await administrator.execute("DROP DATABASE \(identifier: name) WITH (FORCE)")
        await administrator.close()
    }

    /// The same kinds of rules whatever their number, with names that are equally long: a shape that fixes characters
    /// in the middle of a name is looked for at each place of it. So it is the number alone that is compared.
    private static func load(_ size: RuleCount, _ owner: PostgresConnection) async throws {
        try await owner.execute(
            """
            INSERT INTO needrecord.rules (domain, app, stream, effect, formats, interval_mp4)
            SELECT 'live' || 10 + n % 50 || '.example.com', 'app' || 100 + n % 100, 'stream-' || 1000000 + n,
                'record', '{mp4}', 300
            FROM generate_series(0, \(size.exact - 1)) AS n
            """
        )
        try await owner.execute(
            """
            INSERT INTO needrecord.rules (domain, app, stream, effect)
            SELECT 'live' || 10 + n % 50 || '.example.com', 'app' || 100 + n % 100,
                \(unescaped: RuleCount.globOfNumber), 'record'
            FROM generate_series(0, \(size.globs - 1)) AS n
            """
        )
        try await owner.simpleQuery("VACUUM ANALYZE needrecord.rules", timeout: .seconds(600))
    }

    /// Decides events of all kinds of streams in batches, and says what one decision cost.
    func measure(decisions: Int, batch: Int, round: Int) async throws -> Cost {
        var random = SystemRandomNumberGenerator()
        let now = Timestamp(millisecondsSinceEpoch: 1_800_000_000_000)
        let batches = (0..<decisions / batch).map { _ in (0..<batch).map { _ in event(using: &random) } }
        let reader = FactsReader()
        var winners = 0
        var rules = 0
        let backendBefore = backend.microseconds
        let ownBefore = ProcessClock.own.microseconds
        let start = ContinuousClock.now
        for events in batches {
            let facts = try await reader.facts(for: events, on: connection, now: now, timeout: .seconds(60))
            for (event, facts) in zip(events, facts) where decide(event, facts.live, now: now).winner != nil {
                winners += 1
            }
            rules += facts.reduce(0) { $0 + $1.live.rules.count }
        }
        let elapsed = start.duration(to: .now)
        let count = Double(batches.count * batch)
        // Three of four events have a rule.
        precondition(Double(winners) / count > 0.6, "the rules are not the ones that are asked for")
        return Cost(
            wall: elapsed / .microseconds(1) / count,
            backend: (backend.microseconds - backendBefore) / count,
            client: (ProcessClock.own.microseconds - ownBefore) / count,
            rules: Double(rules) / count,
            characters: Double(batches.joined().reduce(0) { $0 + $1.stream.count }) / count
        )
    }

    /// One of two events is about a stream with a rule of its own, one of four about a glob, and one about nothing.
    private func event(using random: inout some RandomNumberGenerator) -> StreamEvent {
        let kind = Int.random(in: 0..<4, using: &random)
        let number = Int.random(in: 0..<(kind < 2 ? size.exact : size.globs), using: &random)
        let glob = 100_000 + number
        let stream =
            switch (kind, number % 4) {
            case (0, _), (1, _): "stream-\(1_000_000 + number)"
            case (2, 0): "room-\(glob)-a"
            case (2, 1): "a-vip-\(glob)"
            case (2, 2): "event-\(glob)-a-hd"
            case (2, _): "ax\(glob)ya"
            default: "nothing-\(1_000_000 + number)"
            }
        return StreamEvent(
            id: EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000),
            receivedAt: Timestamp(millisecondsSinceEpoch: 0),
            domain: "live\(10 + number % 50).example.com",
            app: "app\(100 + number % 100)",
            stream: stream,
            bitrate: 2_000
        )
    }

    private static func replacingDatabase(in url: String, with name: String) -> String {
        let end = url.firstIndex(of: "?") ?? url.endIndex
        guard let slash = url[..<end].lastIndex(of: "/") else { return url }
        return url[...slash] + name + url[end...]
    }
}
