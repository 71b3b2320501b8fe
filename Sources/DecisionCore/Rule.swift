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

    /// The set of a rule that names none.
    public static let defaultSet = "default"

    /// The rule's number.
    public var id: ID
    /// Who the rule belongs to; a rule file holds the rules of one set.
    public var set: String
    /// What people and rule files call it, once in its set; nil for the many of a back end.
    public var name: String?
    /// A rule that is not enabled matches nothing.
    public var isEnabled: Bool
    /// A rule of higher priority wins over any of lower priority, however specific; 0 unless stated.
    public var priority: Int
    /// Which play domains.
    public var domain: NamePattern
    /// Which applications.
    public var app: NamePattern
    /// Which streams.
    public var stream: NamePattern
    /// Which video codec; nil for any, an unknown one too.
    public var codec: VideoCodec?
    /// Which video bit rates; nil for any, an unknown one too.
    public var bitrate: BitrateRange?
    /// From when until when.
    public var validity: Validity
    /// In which hours of the week; nil for all.
    public var schedule: WeeklySchedule?
    /// Which share of the streams; nil for all.
    public var share: StreamShare?
    /// What to do.
    public var effect: Effect
    /// The quota that a recording is charged to; nil for none, as always for a rule that skips.
    public var quota: String?

    /// Describes a rule.
    public init(
        id: ID,
        set: String = Rule.defaultSet,
        name: String? = nil,
        isEnabled: Bool = true,
        priority: Int = 0,
        domain: NamePattern = .any,
        app: NamePattern = .any,
        stream: NamePattern = .any,
        codec: VideoCodec? = nil,
        bitrate: BitrateRange? = nil,
        validity: Validity = .always,
        schedule: WeeklySchedule? = nil,
        share: StreamShare? = nil,
        effect: Effect,
        quota: String? = nil
    ) {
        self.id = id
        self.set = set
        self.name = name
        self.isEnabled = isEnabled
        self.priority = priority
        self.domain = domain
        self.app = app
        self.stream = stream
        self.codec = codec
        self.bitrate = bitrate
        self.validity = validity
        self.schedule = schedule
        self.share = share
        self.effect = effect
        self.quota = quota
    }

    /// The priorities that a rule may have.
    public static let priorityRange = -1_000_000...1_000_000
}
