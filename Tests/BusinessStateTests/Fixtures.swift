import BusinessState
import DecisionCore
import Postgres
import TestSupport
import Testing

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
            domain: NamePattern(domain),
            app: NamePattern(app),
            stream: NamePattern(stream),
            effect: effect
        )
    }

    /// This rule under the id that the database has given it.
    func stored(as id: ID) -> Rule {
        var rule = self
        rule.id = id
        return rule
    }
}

extension StreamEvent {
    static func of(domain: String = "test.com", app: String = "test123", stream: String = "teststream") -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x018B_CFE5_6800_7000, low: 0x8000_0000_0000_0000),
            receivedAt: Timestamp(millisecondsSinceEpoch: 0),
            domain: domain,
            app: app,
            stream: stream
        )
    }
}

extension PostgresConnection {
    /// One value of one row.
    func value<Value: PostgresDecodable & Sendable>(_ type: Value.Type, _ query: PostgresQuery) async throws -> Value {
        try await self.query(query)[0].decode(Value.self, at: 0)
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
}
