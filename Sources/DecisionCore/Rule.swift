/// One rule of the business state: which streams it is about, and what to do with them.
public struct Rule: Sendable, Hashable {
    /// The number of a rule; an older rule has a smaller one.
    public struct ID: RawRepresentable, Sendable, Hashable, Comparable {
        /// The number, as the database has it.
        public var rawValue: Int64

        /// Takes the number as it is.
        public init(rawValue: Int64) {
            self.rawValue = rawValue
        }

        /// Orders by age.
        public static func < (left: ID, right: ID) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    /// What a rule does.
    public enum Effect: Sendable, Hashable {
        /// Record, by this plan.
        case record(RecordingPlan)
        /// Do not record.
        case skip
    }

    /// The rule's number.
    public var id: ID
    /// A rule of higher priority wins over any of lower priority, however specific; 0 unless stated.
    public var priority: Int
    /// Which play domains.
    public var domain: NamePattern
    /// Which applications.
    public var app: NamePattern
    /// Which streams.
    public var stream: NamePattern
    /// What to do.
    public var effect: Effect

    /// Describes a rule.
    public init(
        id: ID,
        priority: Int = 0,
        domain: NamePattern,
        app: NamePattern,
        stream: NamePattern,
        effect: Effect
    ) {
        self.id = id
        self.priority = priority
        self.domain = domain
        self.app = app
        self.stream = stream
        self.effect = effect
    }

    /// The first condition that `event` does not meet; nil when the rule matches.
    public func unmetCondition(for event: StreamEvent) -> Condition? {
        if !domain.matches(event.domain) { return .domain }
        if !app.matches(event.app) { return .app }
        if !stream.matches(event.stream) { return .stream }
        return nil
    }

    /// A condition of a rule.
    public enum Condition: String, Sendable, Hashable {
        case domain
        case app
        case stream
    }
}
