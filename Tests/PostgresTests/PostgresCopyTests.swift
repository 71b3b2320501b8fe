import Testing

@testable import Postgres

@Suite struct PostgresCopyTests {
    @Test func `ten thousand rows with nasty characters arrive as they are`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute(#"CREATE TEMP TABLE "a ""table""" (id int, "the text" text)"#)
            let nasty: [String?] = [
                nil, "", "\\N", "\\", "\t", "\n", "\r", "\r\n", "\\.", "\\.\n", "a\tb\\tc", "é😀", "\u{b}\u{8}\u{c}",
            ]
            let rows = (0..<10_000).map { ["\($0)", nasty[$0 % nasty.count].map { "\($0)x" }] }
            let table = PostgresIdentifier(#"a "table""#)
            #expect(try await connection.copyIn(table, columns: ["id", "the text"], rows: rows) == 10_000)
            let back = try await connection.query("SELECT * FROM \(table) ORDER BY id")
            #expect(back.count == 10_000)
            for (row, expected) in zip(back, rows) {
                guard row[0] == expected[0], row[1] == expected[1] else {
                    Issue.record("\(expected) came back as \(row[0] ?? "NULL"), \(row[1] ?? "NULL")")
                    return
                }
            }
        }
    }

    @Test func `values of all types are written`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (a int, b text[], c bytea, d timestamptz, e jsonb)")
            var data = PostgresCopyData(columnCount: 5)
            let row = (
                7, [#"a\"b"#, nil, ""] as [String?], [0, 92, 10] as [UInt8],
                PostgresTimestamp(microsecondsSinceEpoch: 5)
            )
            data.append(row.0, row.1, row.2, row.3, PostgresJSON(#"{"k": "\n"}"#))
            #expect(try await connection.copyIn("t", columns: ["a", "b", "c", "d", "e"], data) == 1)
            let back = try #require(try await connection.query("SELECT a, b, c, d, e->>'k' FROM t").first)
            let (a, b, c, d, e) = try back.decode((Int, [String?], [UInt8], PostgresTimestamp, String).self)
            #expect((a, c, d) == (row.0, row.2, row.3))
            #expect(b == row.1)
            #expect(e == "\n")
        }
    }

    @Test func `a bad row fails all rows and the connection stays good`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int)")
            // More than the socket takes, so that the server's error comes while there is data to send.
            let rows = [["x"]] + (0..<500_000).map { ["\($0)"] }
            let error = try await postgresError { try await connection.copyIn("t", columns: ["id"], rows: rows) }
            #expect(error.sqlState == .invalidTextRepresentation)
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
            let none = try await postgresError { try await connection.copyIn("none", columns: ["id"], rows: [["1"]]) }
            #expect(none.sqlState == .undefinedTable)
            #expect(try await connection.copyIn("t", columns: ["id"], rows: [["1"]]) == 1)
        }
    }

    @Test func `what cannot be written is refused before anything is sent`() async throws {
        try await TestDatabase.withConnection { connection in
            let zero = try await postgresError { try await connection.copyIn("none", columns: ["id"], rows: [["a\0"]]) }
            #expect(zero.code == .encodingFailed)
            let count = try await postgresError {
                try await connection.copyIn("none", columns: ["id"], rows: [["1", "2"]])
            }
            #expect(count.code == .encodingFailed)
            #expect(try await connection.copyIn("none", columns: ["id"], rows: []) == 0)
        }
    }

    @Test func `COPY is a part of its transaction`() async throws {
        try await TestDatabase.withConnection { connection in
            try await connection.execute("CREATE TEMP TABLE t (id int)")
            struct Refused: Error {}
            await #expect(throws: Refused.self) {
                try await connection.withTransaction { connection in
                    #expect(try await connection.copyIn("t", columns: ["id"], rows: [["1"]]) == 1)
                    #expect(try await connection.query("SELECT * FROM t").count == 1)
                    throw Refused()
                }
            }
            #expect(try await connection.query("SELECT * FROM t").isEmpty)
        }
    }
}
