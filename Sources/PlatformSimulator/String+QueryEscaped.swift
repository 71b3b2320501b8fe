extension String {
    /// The string as Go's `url.QueryEscape` writes it, because the platform's sender is a Go program: letters, digits
    /// and `-_.~` stand for themselves, a space becomes `+`, every other byte of the UTF-8 form becomes `%XX`.
    package var queryEscaped: String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(utf8.count)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                escaped.append(byte)
            case UInt8(ascii: " "):
                escaped.append(UInt8(ascii: "+"))
            default:
                escaped.append(UInt8(ascii: "%"))
                escaped.append(Self.upperCaseHexDigit(byte >> 4))
                escaped.append(Self.upperCaseHexDigit(byte & 0x0F))
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func upperCaseHexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }
}
