import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import BusinessState

extension Rule {
    /// A rule as it is written: `*` for any name. The id is made by the database.
    static func written(
        _ effect: Effect = .skip,
        domain: String = "*",
        app: String = "*",
        stream: String = "*",
        priority: Int = 0
    ) -> Rule {
        Rule(
            id: ID(rawValue: 0),
            priority: priority,
            domain: .written(domain),
            app: .written(app),
            stream: .written(stream),
            effect: effect
        )
    }

    /// This rule under the id that the database has given it.
    func stored(as id: ID) -> Rule {
        with { $0.id = id }
    }

    /// This rule with something else in it.
    func with(_ change: (inout Rule) -> Void) -> Rule {
        var rule = self
        change(&rule)
        return rule
    }
}

extension NamePattern {
    /// The pattern of a test, which is well-formed.
    static func written(_ text: String) -> NamePattern {
        NamePattern(text)!
    }
}

extension WeeklySchedule {
    /// The schedule of a test, which is well-formed.
    static func written(_ windows: String..., in timeZone: String) -> WeeklySchedule {
        WeeklySchedule(timeZone: timeZone, windows: windows.map { Window($0)! })!
    }
}

extension StreamEvent {
    static func of(
        domain: String = "test.com",
        app: String = "test123",
        stream: String = "teststream",
        bitrate: Int? = nil,
        codec: VideoCodec? = .h264
    ) -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000),
            receivedAt: Timestamp(millisecondsSinceEpoch: 0),
            domain: domain,
            app: app,
            stream: stream,
            bitrate: bitrate,
            codec: codec
        )
    }
}

extension Timestamp {
    /// 2026-11-22T18:45:00Z, a Sunday.
    static let example = Timestamp(millisecondsSinceEpoch: 1_795_373_100_000)

    /// A moment as PostgreSQL writes it in UTC, such as `2026-03-29 01:00:00+00`.
    static func written(_ text: String) -> Timestamp {
        var text = text
        return Timestamp(text.withUTF8 { PostgresTimestamp(postgresText: $0.span) }!)
    }
}

extension ProductDatabase {
    /// Runs `body` with a connection as a process that decides has it.
    func withReader<Value>(
        role: String = "needrecord_worker",
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = try configuration(role: role)
        configuration.sessionSettings = FactsReader.sessionSettings
        let connection = try await PostgresConnection.connect(configuration, logger: Self.logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Makes quotas that rules can name.
    func addQuotas(_ names: [String]) async throws {
        try await withConnection { owner in
            _ = try await owner.execute(
                """
                INSERT INTO needrecord.quotas (name, scope, concurrent_limit)
                SELECT name, 'group', 1 FROM unnest(\(names)::text[]) AS name
                """
            )
        }
    }
}

extension PostgresConnection {
    /// One value of one row.
    func value<Value: PostgresDecodable & Sendable>(_ type: Value.Type, _ query: PostgresQuery) async throws -> Value {
        try await self.query(query)[0].decode(Value.self, at: 0)
    }

    /// The first column of all rows.
    func column<Value: PostgresDecodable & Sendable>(
        _ type: Value.Type,
        _ query: PostgresQuery
    ) async throws -> [Value] {
        try await self.query(query).map { row in try row.decode(Value.self, at: 0) }
    }

    /// The error that SQL must fail with.
    func failure(of sql: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> PostgresError {
        try await #require(throws: PostgresError.self, "\(sql)", sourceLocation: sourceLocation) {
            try await self.simpleQuery(sql)
        }
    }

    /// The current revision.
    func revision() async throws -> Int64 {
        try await value(Int64.self, "SELECT revision FROM needrecord.rule_revision")
    }

    /// What decides these events.
    func facts(
        _ events: [StreamEvent],
        asOf revision: Int64? = nil,
        now: Timestamp = .example
    ) async throws -> [EventFacts] {
        try await FactsReader(asOf: revision).facts(for: events, on: self, now: now, timeout: .seconds(30))
    }
}
