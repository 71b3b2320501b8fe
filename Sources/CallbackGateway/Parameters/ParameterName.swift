internal import DecisionCore

/// The parameters of one kind of callback; any others are ignored.
protocol ParameterName: Hashable, Sendable {
    /// The parameter that is called this; nil when none is.
    init?(named name: String)

    /// What errors call it.
    var field: String { get }

    /// Whether JSON may spell it as a number.
    var takesNumber: Bool { get }

    /// Whether JSON may spell its absence as `null`.
    var takesNull: Bool { get }

    /// Whether it holds a query that somebody else than the platform has written, which may not have been encoded: then
    /// the parameters after it in a query or a form may be that somebody's.
    var mayHoldQuery: Bool { get }
}

extension ParameterName where Self: RawRepresentable, RawValue == String {
    init?(named name: String) {
        self.init(rawValue: name)
    }

    var field: String { rawValue }
}

extension ParameterName {
    var mayHoldQuery: Bool { false }
}
