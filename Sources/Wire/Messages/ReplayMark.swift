internal import AMQP
public import DecisionCore

/// That an event is no callback but the repetition of one: nobody is answered.
public struct ReplayMark: Sendable, Hashable {
    /// The header with the event id of the callback that is repeated.
    public static let originalHeader = "replay-of"
    /// The header that says whether quotas are charged.
    static let chargesHeader = "replay-charges-quotas"

    /// The callback that is repeated.
    public var original: EventID
    /// Whether the event takes reservations of quotas, as a callback does. Otherwise they are only asked.
    public var chargesQuotas: Bool

    /// Describes a repetition.
    public init(original: EventID, chargesQuotas: Bool) {
        self.original = original
        self.chargesQuotas = chargesQuotas
    }

    /// Reads the headers of a message; nil for a callback.
    ///
    /// - Throws: ``WireError`` when they are there and not as they should be.
    init?(_ headers: AMQPTable) throws(WireError) {
        guard let original = headers[Self.originalHeader] else { return nil }
        guard let id = original.stringValue.flatMap({ EventID($0) }) else {
            throw WireError(.invalidField, "headers.\(Self.originalHeader)")
        }
        var charges = false
        if let value = headers[Self.chargesHeader] {
            guard case .bool(let isCharged) = value else {
                throw WireError(.invalidField, "headers.\(Self.chargesHeader)")
            }
            charges = isCharged
        }
        self.init(original: id, chargesQuotas: charges)
    }
}
