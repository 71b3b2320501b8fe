import Measuring
import Postgres

/// Rules of which every stream that the load asks about has one of its own.
struct RuleFill {
    let count: RuleCount

    /// How many streams the load asks about. At most as many as have four digits: a rule that fixes characters in the
    /// middle of a name is looked for at each place of it, so with names of other lengths it would not be the number of
    /// rules alone that is compared.
    var streams: Int { min(count.exact, 10_000) }

    /// Makes the rules. Those that are asked for lie scattered among the others.
    func write(on owner: PostgresConnection) async throws {
        try await owner.execute(
            """
            INSERT INTO needrecord.rules (domain, app, stream, effect, formats, interval_mp4)
            SELECT 'test.com', 'test123',
                CASE WHEN n % \(count.exact / streams)::integer = 0
                    THEN 'teststream-' || lpad((n / \(count.exact / streams)::integer)::text, 4, '0')
                    ELSE 'another-' || lpad(n::text, 7, '0')
                END, 'record', '{mp4}', 300
            FROM generate_series(0, \(count.exact - 1)::integer) AS n
            """,
            timeout: .seconds(600)
        )
        try await owner.execute(
            """
            INSERT INTO needrecord.rules (domain, app, stream, effect)
            SELECT 'test.com', 'test123',
                \(unescaped: RuleCount.globOfNumber), 'record'
            FROM generate_series(0, \(count.globs - 1)::integer) AS n
            """,
            timeout: .seconds(600)
        )
        try await owner.simpleQuery("VACUUM ANALYZE needrecord.rules", timeout: .seconds(600))
    }
}
