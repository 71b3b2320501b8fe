public import DecisionCore

/// A recording template of the platform, as whoever operates it has stated it.
///
/// The platform intersects the formats of an answer with those of its template, so a rule that asks for others records
/// nothing. The platform cannot be asked by this program; what is stated is taken for true, and only for checking.
public struct StatedTemplate: Sendable, Hashable {
    /// The play domains that it applies to.
    public var domain: NamePattern
    /// The applications that it applies to.
    public var app: NamePattern
    /// The formats that it records, each once; at least one.
    public var formats: [RecordFormat]

    /// Describes a template.
    public init(domain: NamePattern = .any, app: NamePattern = .any, formats: [RecordFormat]) {
        self.domain = domain
        self.app = app
        self.formats = formats
    }
}
