/// How many rules there are, of the kinds that all numbers of them have in the same way.
package struct RuleCount: Sendable {
    package let name: String
    /// Rules for one stream each.
    package let exact: Int
    /// Rules with a glob, of four kinds.
    package let globs: Int

    /// The glob of rule `n` in SQL, one kind after another.
    package static let globOfNumber = """
        CASE n % 4
            WHEN 0 THEN 'room-' || 100000 + n || '-*'
            WHEN 1 THEN '*-vip-' || 100000 + n
            WHEN 2 THEN 'event-' || 100000 + n || '-*-hd'
            ELSE '*x' || 100000 + n || 'y*'
        END
        """

    /// Those that are compared, the fewest first.
    package static let all = [
        RuleCount(name: "10 rules", exact: 6, globs: 4),
        RuleCount(name: "10,000 rules", exact: 5_000, globs: 5_000),
        RuleCount(name: "1,010,000 rules", exact: 1_000_000, globs: 10_000),
    ]
}
