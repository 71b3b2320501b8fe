/// From when until when a rule holds.
public struct Validity: Sendable, Hashable {
    /// Always.
    public static let always = Validity(uncheckedFrom: nil, until: nil)

    /// The first moment; nil for ever since.
    public let from: Timestamp?
    /// The first moment after it; nil for ever.
    public let until: Timestamp?

    private init(uncheckedFrom from: Timestamp?, until: Timestamp?) {
        self.from = from
        self.until = until
    }

    /// A window; nil when it ends before it begins or is empty.
    public init?(from: Timestamp?, until: Timestamp?) {
        if let from, let until, from >= until { return nil }
        self.init(uncheckedFrom: from, until: until)
    }

    /// Whether the rule holds at a moment.
    public func contains(_ moment: Timestamp) -> Bool {
        if let from, moment < from { return false }
        if let until, moment >= until { return false }
        return true
    }
}

extension Validity: CustomStringConvertible {
    /// Such as `2026-11-22T18:00:00.000Z..`; a side without a limit is empty.
    public var description: String {
        "\(from.map(\.description) ?? "")..\(until.map(\.description) ?? "")"
    }
}
