/// Makes event ids that only ever go up, in one gateway, even when its clock steps back.
///
/// A new millisecond draws 74 new random bits. Within one millisecond, or while the clock is behind the last id, the
/// last 62 bits count up from where they are (RFC 9562, section 6.2, method 2).
public struct EventIDGenerator: Sendable {
    private var last: EventID?

    /// A generator that has made no id yet.
    public init() {}

    /// A generator that goes on from an id.
    package init(last: EventID) {
        self.last = last
    }

    /// The next id.
    ///
    /// - Parameters:
    ///   - now: The civil clock; before 1970 counts as 1970.
    ///   - random: Where a new millisecond's random bits come from.
    public mutating func next(now: Timestamp, using random: inout some RandomNumberGenerator) -> EventID {
        let milliseconds = UInt64(max(0, now.millisecondsSinceEpoch)) & 0xFFFF_FFFF_FFFF
        let next: EventID
        if let last, milliseconds <= last.high >> 16 {
            if last.low & Self.randomMask == Self.randomMask {
                next = Self.first(at: (last.high >> 16) + 1, using: &random)
            } else {
                next = EventID(high: last.high, low: last.low + 1)
            }
        } else {
            next = Self.first(at: milliseconds, using: &random)
        }
        last = next
        return next
    }

    private static let randomMask: UInt64 = 0x3FFF_FFFF_FFFF_FFFF

    private static func first(at milliseconds: UInt64, using random: inout some RandomNumberGenerator) -> EventID {
        EventID(
            high: milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &random),
            // The top random bit starts at zero, so that counting up has room.
            low: 0b10 << 62 | UInt64.random(in: 0...(randomMask >> 1), using: &random)
        )
    }
}
