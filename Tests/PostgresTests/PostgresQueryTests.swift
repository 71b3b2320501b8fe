import Testing

@testable import Postgres

@Suite struct PostgresQueryTests {
    @Test func `interpolated values are bound, not inserted`() {
        let query: PostgresQuery = "SELECT * FROM rules WHERE id = \(7) AND name = \("'; DROP TABLE rules; --")"
        #expect(query.sql == "SELECT * FROM rules WHERE id = $1 AND name = $2")
        #expect(query.bindings.count == 2)
        #expect(query.bindings.bytes == Array("7\0'; DROP TABLE rules; --\0".utf8))
    }

    @Test func `NULL has no bytes and the empty text has`() {
        let none: String? = nil
        let query: PostgresQuery = "SELECT \(none), \("")"
        #expect(query.bindings.offsets == [nil, 0])
        #expect(query.bindings.bytes == [0])
    }

    @Test func `identifiers are quoted`() {
        let query: PostgresQuery = "SELECT \(identifier: #"a"b"#) FROM \(PostgresIdentifier(schema: "s.t", "u"))"
        #expect(query.sql == #"SELECT "a""b" FROM "s.t"."u""#)
    }

    @Test func `unescaped text is inserted as it is`() {
        let query: PostgresQuery = "SELECT \(unescaped: "now()")"
        #expect(query.sql == "SELECT now()")
        #expect(query.bindings.count == 0)
    }

    @Test func `a zero byte makes a query invalid, not shorter`() async throws {
        let value: PostgresQuery = "SELECT \("fine"), \("a\0b")"
        let inValue = try await postgresError { try value.validate() }
        #expect(inValue.code == .encodingFailed)
        #expect(inValue.message.contains("$2"))
        let name: PostgresQuery = "SELECT \(identifier: "a\0b")"
        #expect(try await postgresError { try name.validate() }.code == .encodingFailed)
    }
}
