public import DecisionCore

/// A recording template of the platform, as an operator has stated it for checking the rules of a set.
public struct RuleTemplate: Sendable, Hashable {
    /// The play domains that it applies to.
    public var domain: NamePattern
    /// The applications that it applies to.
    public var app: NamePattern
    /// The formats that it records, in the order MP4, FLV, M3U8; at least one.
    public var formats: [RecordFormat]

    /// Describes a template, with the formats put into their order.
    public init(domain: NamePattern = .any, app: NamePattern = .any, formats: [RecordFormat]) {
        self.domain = domain
        self.app = app
        self.formats = RecordFormat.allCases.filter(formats.contains)
    }
}
