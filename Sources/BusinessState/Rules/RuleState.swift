/// What is stored when a change is planned; nobody else changes rules until it is made.
public struct RuleState: Sendable {
    /// The revision.
    public var revision: Int64
    /// The rules that are to be changed, in the order of their ids.
    public var rules: [StoredRule]
    /// The rules of the other sets that events are answered by, without those for a single stream of an app of a domain:
    /// a back end may have a million of these.
    public var others: [StoredRule]
    /// What the set's file has stated of the platform's templates.
    public var templates: [RuleTemplate]
}
