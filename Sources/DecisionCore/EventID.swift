/// The identity of one callback: a UUID version 7 (RFC 9562), so ids sort by the time the callback came in.
///
/// The platform gives its questions no id, so the gateway that accepts one makes it. It is the message id and the
/// correlation id in the broker, the response header `X-NeedRecord-Event`, and the key of the audit row.
public struct EventID: Sendable, Hashable {
    /// The first eight bytes, big-endian: 48 bits of Unix milliseconds, the version, 12 random bits.
    public let high: UInt64
    /// The last eight bytes, big-endian: the variant and 62 random bits.
    public let low: UInt64

    /// Takes the bits as they are; see ``EventIDGenerator`` for making new ids.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// When the id was made, by the civil clock of the gateway.
    public var timestamp: Timestamp {
        Timestamp(millisecondsSinceEpoch: Int64(high >> 16))
    }
}

extension EventID: Comparable {
    /// Orders by time.
    public static func < (left: EventID, right: EventID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension EventID: LosslessStringConvertible {
    /// The number of bytes of the text form.
    public static let textLength = 36

    /// Reads the usual text form, 8-4-4-4-12 hexadecimal digits of either case; nil for anything else, and for a UUID
    /// of another version or variant.
    public init?(_ description: String) {
        var description = description
        guard let id = description.withUTF8({ EventID(utf8: $0.span) }) else { return nil }
        self = id
    }

    /// As ``init(_:)``, from the bytes of the text.
    public init?(utf8 bytes: borrowing Span<UInt8>) {
        guard bytes.count == Self.textLength else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var digits = 0
        for index in bytes.indices {
            let byte = bytes[index]
            switch index {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return nil }
            default:
                guard let digit = Self.value(ofHexDigit: byte) else { return nil }
                if digits < 16 { high = high << 4 | digit } else { low = low << 4 | digit }
                digits += 1
            }
        }
        guard high >> 12 & 0xF == 7, low >> 62 == 0b10 else { return nil }
        self.init(high: high, low: low)
    }

    /// The usual text form in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let half = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - index % 16 * 4) & 0xF)
                buffer[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                position += 1
            }
            return position
        }
    }

    private static func value(ofHexDigit byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
