import DecisionCore
import Postgres
import TestSupport
import Testing

@testable import RuleFiles

/// A rule file is checked without a database, and counts the shapes that the database will find.
@Suite(.timeLimit(.minutes(1))) struct LookupShapeTests {
    @Test func `A rule has the shape that it is looked up by`() async throws {
        var draw = RuleDraw(seed: 21)
        let rules = (0..<2_000).map { _ in
            Rule(
                id: Rule.ID(rawValue: 1),
                domain: draw.pattern(),
                app: draw.pattern(),
                stream: draw.pattern(),
                effect: .skip
            )
        }
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                let shapes = try await owner.column(
                    String.self,
                    """
                    SELECT split_part(needrecord.rule_lookup(domain, app, stream), E'\\t', 1)
                    FROM unnest(
                        \(rules.map(\.domain.text))::text[], \(rules.map(\.app.text))::text[],
                        \(rules.map(\.stream.text))::text[]
                    ) AS r (domain, app, stream)
                    """
                )
                #expect(shapes == rules.map { LookupShape($0).names.joined(separator: " ") })
                #expect(Set(shapes).count > 100)
            }
        }
    }
}
