extension ParameterSet {
    /// Takes the parameters of a query string or of a form body (`application/x-www-form-urlencoded`).
    ///
    /// Names that are no parameter of the callback are ignored, whatever they hold. A plus sign is a space, as in the
    /// encoding of the platform's own HTTP client. After a parameter that may hold somebody else's query, one that was
    /// given before stays as it is: what follows may be part of that query.
    mutating func addForm(_ form: some Sequence<UInt8>) {
        var name: [UInt8] = []
        var value: [UInt8]?
        var mayBeForeign = false
        for byte in form {
            switch byte {
            case UInt8(ascii: "&"):
                addPair(name, value ?? [], &mayBeForeign)
                name.removeAll(keepingCapacity: true)
                value = nil
            case UInt8(ascii: "=") where value == nil:
                value = []
            default:
                if value == nil { name.append(byte) } else { value?.append(byte) }
            }
        }
        addPair(name, value ?? [], &mayBeForeign)
    }

    private mutating func addPair(_ name: [UInt8], _ value: [UInt8], _ mayBeForeign: inout Bool) {
        guard let name = Self.decode(name), let parameter = Name(named: name) else { return }
        guard !mayBeForeign || self[parameter] == nil else { return }
        if parameter.mayHoldQuery { mayBeForeign = true }
        set(parameter, Self.decode(value).map { .text($0) } ?? .malformed(.invalidEncoding))
    }

    /// Undoes percent-encoding; nil when it is malformed or its bytes are not UTF-8.
    private static func decode(_ encoded: [UInt8]) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var index = 0
        while index < encoded.count {
            switch encoded[index] {
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
                index += 1
            case UInt8(ascii: "%"):
                guard index + 2 < encoded.count,
                    let high = hexDigit(encoded[index + 1]), let low = hexDigit(encoded[index + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            // The HTTP parser has put the replacement character in the place of raw bytes that are not UTF-8.
            case 0xEF where encoded[index...].starts(with: [0xEF, 0xBF, 0xBD]):
                return nil
            default:
                bytes.append(encoded[index])
                index += 1
            }
        }
        return bytes.allSatisfy { $0 < 0x80 }
            ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
