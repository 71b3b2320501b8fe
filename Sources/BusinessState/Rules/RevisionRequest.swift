/// How rules are to be changed: as one revision, with a note, or only to see what would become of it.
public struct RevisionRequest: Sendable, Hashable {
    /// What the change is for; up to 1,000 bytes.
    public var note: String
    /// The revision that the change was made for: when it is not the current one any more, nothing is changed.
    public var expectedRevision: Int64?
    /// Whether the change is made, with all that the database checks, and taken back.
    public var isTrial: Bool

    /// Describes a request.
    public init(note: String = "", expectedRevision: Int64? = nil, isTrial: Bool = false) {
        self.note = note
        self.expectedRevision = expectedRevision
        self.isTrial = isTrial
    }
}

/// What became of a ``RevisionRequest``.
public struct RevisionResult: Sendable {
    /// What was changed, or would have been.
    public var changes: RuleChanges
    /// Whether the stated templates were changed.
    public var changesTemplates: Bool
    /// The revision before.
    public var before: Int64
    /// The revision after; the same when nothing was changed.
    public var after: Int64

    /// Describes what was changed, or would be.
    public init(changes: RuleChanges, changesTemplates: Bool = false, before: Int64, after: Int64) {
        self.changes = changes
        self.changesTemplates = changesTemplates
        self.before = before
        self.after = after
    }
}
