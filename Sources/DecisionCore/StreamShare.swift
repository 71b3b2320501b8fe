/// A share of all streams, the same ones every time: what a rule's percentage demands.
///
/// A stream's place is a number from 0 to 9,999, made of its domain, app and name alone. A share holds the streams with
/// the lowest places, so raising it only adds streams, and rules with the same share hold the same streams.
public struct StreamShare: Sendable, Hashable {
    /// Hundredths of a percent, 0 to 10,000.
    public let basisPoints: Int

    /// A share; nil out of range.
    public init?(basisPoints: Int) {
        guard (0...10_000).contains(basisPoints) else { return nil }
        self.basisPoints = basisPoints
    }

    /// Whether the share holds the stream of an event.
    public func contains(_ event: StreamEvent) -> Bool {
        Self.place(of: event) < basisPoints
    }

    /// The place of an event's stream, 0 to 9,999.
    ///
    /// The 64-bit FNV-1a hash of domain, app and stream with a byte 0xFF after each, which is in no UTF-8 text; then the
    /// finalizer of MurmurHash3, because FNV-1a alone spreads short names unevenly; then the upper 32 bits, scaled.
    public static func place(of event: StreamEvent) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for name in [event.domain, event.app, event.stream] {
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
        }
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        return Int(((hash >> 32) * 10_000) >> 32)
    }
}

extension StreamShare: LosslessStringConvertible {
    /// Reads a percentage with up to two decimals, such as `12.5`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }),
            parts[0].utf8.count <= 3, let whole = Int(parts[0])
        else { return nil }
        var hundredths = 0
        if parts.count == 2 {
            guard parts[1].utf8.count <= 2, let number = Int(parts[1]) else { return nil }
            hundredths = parts[1].utf8.count == 1 ? number * 10 : number
        }
        self.init(basisPoints: whole * 100 + hundredths)
    }

    /// The percentage without needless zeros, such as `12.5`.
    public var description: String {
        let (whole, hundredths) = basisPoints.quotientAndRemainder(dividingBy: 100)
        if hundredths == 0 { return "\(whole)" }
        if hundredths % 10 == 0 { return "\(whole).\(hundredths / 10)" }
        return hundredths < 10 ? "\(whole).0\(hundredths)" : "\(whole).\(hundredths)"
    }
}
