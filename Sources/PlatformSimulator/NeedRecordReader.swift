/// Reads one member of an answer, and checks on the way that all of it is JSON (RFC 8259).
///
/// The load generator reads tens of thousands of answers a second, and of each it wants one boolean: this takes no
/// memory. A repeated member counts with its last value, as in the platform's own language. Member names are compared
/// byte by byte, so one that is written with escapes is not recognised.
package struct NeedRecordReader<Bytes: RandomAccessCollection> where Bytes.Element == UInt8 {
    private let bytes: Bytes
    private var position: Bytes.Index

    private init(_ bytes: Bytes) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Reads the top-level member `NeedRecord`.
    package static func read(_ bytes: Bytes) -> NeedRecordReading {
        var reader = Self(bytes)
        do {
            return try reader.document()
        } catch {
            return .malformed
        }
    }

    private mutating func document() throws(NotJSON) -> NeedRecordReading {
        skipSpace()
        guard peek() == UInt8(ascii: "{") else { throw NotJSON() }
        var reading = NeedRecordReading.missing
        try object(depth: 1, needRecord: &reading)
        skipSpace()
        guard position == bytes.endIndex else { throw NotJSON() }
        return reading
    }

    // MARK: Values

    private mutating func object(depth: Int, needRecord: inout NeedRecordReading) throws(NotJSON) {
        try expect(UInt8(ascii: "{"))
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipSpace()
            let isNeedRecord = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            if depth == 1, isNeedRecord {
                needRecord = try needRecordValue()
            } else {
                try value(depth: depth)
            }
            skipSpace()
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    private mutating func needRecordValue() throws(NotJSON) -> NeedRecordReading {
        let first = peek()
        try value(depth: 1)
        switch first {
        case UInt8(ascii: "t"): return .boolean(true)
        case UInt8(ascii: "f"): return .boolean(false)
        case UInt8(ascii: "n"): return .missing
        default: return .notBoolean
        }
    }

    private mutating func value(depth: Int) throws(NotJSON) {
        // The reader recurses, and 2,048 bytes are room for 2,048 brackets. No honest answer nests like that.
        guard depth < 64 else { throw NotJSON() }
        switch peek() {
        case UInt8(ascii: "{"):
            var ignored = NeedRecordReading.missing
            try object(depth: depth + 1, needRecord: &ignored)
        case UInt8(ascii: "["):
            try array(depth: depth + 1)
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "t"):
            try literal("true")
        case UInt8(ascii: "f"):
            try literal("false")
        case UInt8(ascii: "n"):
            try literal("null")
        default:
            try number()
        }
    }

    private mutating func array(depth: Int) throws(NotJSON) {
        try expect(UInt8(ascii: "["))
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            skipSpace()
            try value(depth: depth)
            skipSpace()
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// - Returns: Whether the string is `NeedRecord`.
    private mutating func string() throws(NotJSON) -> Bool {
        try expect(UInt8(ascii: "\""))
        let start = position
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                return bytes[start..<bytes.index(before: position)].elementsEqual("NeedRecord".utf8)
            case UInt8(ascii: "\\"):
                try escape()
            case 0..<0x20:
                throw NotJSON()
            default:
                break
            }
        }
        throw NotJSON()
    }

    private mutating func escape() throws(NotJSON) {
        switch next() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = next(), Self.isHexadecimal(digit) else { throw NotJSON() }
            }
        default:
            throw NotJSON()
        }
    }

    private mutating func literal(_ name: String) throws(NotJSON) {
        for byte in name.utf8 {
            try expect(byte)
        }
    }

    private mutating func number() throws(NotJSON) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            try digits()
        }
        if take(UInt8(ascii: ".")) {
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) {
                _ = take(UInt8(ascii: "-"))
            }
            try digits()
        }
    }

    private mutating func digits() throws(NotJSON) {
        guard isAtDigit else { throw NotJSON() }
        while isAtDigit {
            bytes.formIndex(after: &position)
        }
    }

    // MARK: Bytes

    private var isAtDigit: Bool {
        guard let byte = peek() else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default:
            false
        }
    }

    private func peek() -> UInt8? {
        position < bytes.endIndex ? bytes[position] : nil
    }

    private mutating func next() -> UInt8? {
        guard let byte = peek() else { return nil }
        bytes.formIndex(after: &position)
        return byte
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        bytes.formIndex(after: &position)
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(NotJSON) {
        guard take(byte) else { throw NotJSON() }
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            bytes.formIndex(after: &position)
        }
    }

    private struct NotJSON: Error {}
}
