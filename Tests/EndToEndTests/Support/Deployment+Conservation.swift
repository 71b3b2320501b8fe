import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing

/// Whether the audit trail has what was answered, all of it and nothing else.
extension Deployment {
    /// What the audit trail says of an event.
    func outcomes() async throws -> [(id: String, answer: String, cause: String)] {
        try await database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query("SELECT event_id, answer, cause FROM needrecord.outcomes")
                .map { try $0.decode((String, String, String).self) }
        }
    }

    /// Waits until everything that was answered has its row.
    func settle(_ answers: [CallbackAnswer], within limit: Duration = .seconds(60)) async throws {
        let answered = Set(answers.compactMap(\.eventID))
        try await eventually("a row for each of \(answered.count) answers", within: limit) {
            try await answered.subtracting(outcomes().map(\.id)).isEmpty
        }
    }

    /// Every answer has exactly one outcome, to the byte, and there are no more outcomes than callbacks.
    ///
    /// - Parameter story: What the test has done, for whoever reads that it fails.
    func expectConservation(_ traffics: [Traffic], _ story: String = "") async throws {
        let answers = traffics.flatMap(\.answers)
        let rows = try await outcomes()
        let byID = Dictionary(grouping: rows, by: \.id)
        #expect(byID.values.allSatisfy { $0.count == 1 }, "an event has two outcomes; \(story)")
        let wrong = answers.filter { answer in
            answer.status == 200
                && byID[answer.eventID ?? ""]?.first?.answer != String(decoding: answer.body, as: UTF8.self)
        }
        #expect(
            wrong.isEmpty,
            """
            \(wrong.count) of \(answers.count) answers have no row, or one that says something else, such as \
            \(wrong.prefix(3).map { $0.eventID ?? "one without an id" }); \(story)
            """
        )
        // What was answered and did not reach the client before its gateway or its connection was gone.
        let unseen = Set(rows.map(\.id)).subtracting(answers.compactMap(\.eventID))
        let lost = traffics.flatMap(\.failures.values).reduce(0, +)
        #expect(
            unseen.count <= lost,
            "\(unseen.count) outcomes without an answer, \(lost) callbacks without one; \(story)"
        )
    }

    /// Runs `needrecord verify` over all that was ever asked here, and expects that it adds up.
    ///
    /// - Returns: How many findings of each kind there are.
    @discardableResult
    func expectVerified(since start: Date, _ story: String = "") async throws -> [String: Int] {
        // Counts are compared for whole minutes.
        func minute(_ date: Date, _ offset: Double) -> String {
            let seconds = (date.timeIntervalSince1970 / 60).rounded(.down) * 60 + offset
            return Date(timeIntervalSince1970: seconds).formatted(.iso8601)
        }
        let arguments = ["verify", "--from", minute(start, 0), "--to", minute(Date(), 60), "--output", "json"]
        let run = try await output(of: arguments)
        #expect(run.status == 0, "\(run.text); \(story)")
        let report = try JSONSerialization.jsonObject(with: Data(run.text.utf8)) as? [String: Any]
        let (rows, told) = (try await outcomes().count, report?["outcomes"] as? Int)
        #expect(told == rows, "verify has seen \(told ?? -1) of \(rows) outcomes; \(story)")
        return report?["counts"] as? [String: Int] ?? [:]
    }
}
