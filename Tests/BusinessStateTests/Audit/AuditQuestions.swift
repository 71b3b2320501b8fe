import Foundation
import TestSupport
import Testing

/// The queries of `docs/audit.md`.
enum AuditQuestions {
    /// The document.
    static func document() throws -> String {
        try String(contentsOf: TestEnvironment.root.appendingPathComponent("docs/audit.md"), encoding: .utf8)
    }

    /// Its queries, in its order.
    static func all() throws -> [String] {
        try document().components(separatedBy: "```sql\n").dropFirst().map { rest in
            let query = try #require(rest.components(separatedBy: "```").first)
            return query.trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: ";")))
        }
    }

    /// The id in the query for one event.
    static let eventID = "01a21730-edf9-7c41-9b0f-6a1d2e3f4a5b"
}
