import BusinessState
import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

/// The SQL that a back end is told to run.
@Suite(.timeLimit(.minutes(1))) struct RuleFileExampleTests {
    /// The statements, told apart by the semicolons at the ends of lines.
    private static func statements() throws -> [String] {
        let file = TestEnvironment.root.appendingPathComponent("deploy/examples/bookings.sql")
        return try String(contentsOf: file, encoding: .utf8)
            .components(separatedBy: ";\n")
            .filter { $0.split(separator: "\n").contains { !$0.hasPrefix("--") } }
    }

    @Test func `Each statement of the bookings does what it says`() async throws {
        let statements = try Self.statements()
        #expect(statements.count == 6)
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_operator") { connection in
                func run(_ index: Int) async throws -> PostgresRows {
                    try await connection.query(PostgresQuery(unescaped: statements[index]))
                }
                let store = RuleStore(connection)
                for _ in 0..<2 { #expect(try await run(0).affectedRows == 1) }
                for _ in 0..<2 { #expect(try await run(1).affectedRows == 1) }

                let booked = try await store.list(RuleSelection(set: "bookings")).rules
                #expect(booked.map(\.rule.name) == ["booking-4711"])
                let rule = booked[0].rule
                #expect(rule.stream.exactName == "room-7*")
                #expect(!rule.stream.matches("room-70"))
                #expect(rule.quota == "basic")
                #expect(rule.effect == .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 3_600])))
                let until = try #require(rule.validity.until)

                #expect(try await run(2).affectedRows == 1)
                let longer = try await store.list(RuleSelection(set: "bookings")).rules[0].rule
                #expect(longer.id == rule.id)
                #expect(longer.validity.until == until.advanced(by: .seconds(3_600)))
                #expect(try await run(3)[0]["name"] == "booking-4711")
                #expect(try await run(4).affectedRows == 1)
                #expect(try await run(4).affectedRows == 0)

                _ = try await run(1)
                try await connection.execute(
                    "UPDATE needrecord.rules SET valid_from = now() - interval '3 days', valid_until = now() - interval '2 days'"
                )
                #expect(try await run(5).affectedRows == 1)
            }
        }
    }
}
