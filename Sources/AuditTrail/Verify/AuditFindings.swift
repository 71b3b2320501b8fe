/// What was found: the number of each kind, and the first of them.
public struct AuditFindings: Sendable, Equatable {
    /// How many there are of each kind that there are any of.
    public private(set) var counts: [AuditFinding.Kind: Int] = [:]
    /// The first of each kind.
    public private(set) var listed: [AuditFinding] = []
    /// How many of each kind are listed at most.
    public let limit: Int

    /// Nothing was found so far.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ finding: AuditFinding) {
        let count = counts[finding.kind, default: 0]
        counts[finding.kind] = count + 1
        if count < limit { listed.append(finding) }
    }

    /// Counts more that are not listed.
    mutating func add(_ count: Int, of kind: AuditFinding.Kind) {
        if count > 0 { counts[kind, default: 0] += count }
    }

    /// How many there are of which it cannot be told yet whether they are faults.
    public var openCount: Int { counts.reduce(0) { $0 + ($1.key.isOpen ? $1.value : 0) } }

    /// Whether there is anything among them that must not be.
    public var hasFaults: Bool { counts.contains { $0.key.isFault && $0.value > 0 } }
}
