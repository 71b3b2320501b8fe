/// The video bit rates that a rule is about.
public struct BitrateRange: Sendable, Hashable {
    /// The bit rates that a rule may name, in kbit/s.
    public static let limits = 0...Int(Int32.max)

    /// The lowest, in kbit/s; nil for no limit.
    public let minimum: Int?
    /// The highest, in kbit/s; nil for no limit.
    public let maximum: Int?

    /// A range; nil when it names no limit, a limit is out of ``limits``, or the lowest is above the highest.
    public init?(minimum: Int?, maximum: Int?) {
        guard minimum != nil || maximum != nil else { return nil }
        guard Self.limits.contains(minimum ?? 0), Self.limits.contains(maximum ?? 0) else { return nil }
        if let minimum, let maximum, minimum > maximum { return nil }
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Whether a bit rate is in the range; one that is not known is in none.
    public func contains(_ bitrate: Int?) -> Bool {
        guard let bitrate else { return false }
        return bitrate >= minimum ?? 0 && bitrate <= maximum ?? .max
    }
}

extension BitrateRange: CustomStringConvertible {
    /// Such as `1000..2000 kbit/s`; a side without a limit is empty.
    public var description: String {
        "\(minimum.map(String.init) ?? "")..\(maximum.map(String.init) ?? "") kbit/s"
    }
}
