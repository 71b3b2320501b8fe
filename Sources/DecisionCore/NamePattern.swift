/// What a rule demands of one name of a callback.
///
/// Written with `*` for any run of characters, even none, `?` for any one character, and a backslash before `*`, `?` or
/// `\` to take it literally. A character is a Unicode scalar. Names are bytes to the platform: upper and lower case, and
/// canonically equivalent spellings, are different names.
public struct NamePattern: Sendable, Hashable {
    /// The longest name, in bytes, that a pattern or a callback may have.
    public static let maximumLength = 255

    /// Any name; written `*`.
    public static let any = NamePattern(kind: .any, text: "*")

    private enum Kind: Sendable {
        case any
        case exact(String)
        case glob([UInt16])
    }

    /// Beyond the bytes of a name: what a glob has in the place of its wildcards.
    private static let anyRun: UInt16 = 0x100
    private static let anyOne: UInt16 = 0x101

    private let kind: Kind
    /// The written form.
    public let text: String

    private init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// The pattern that this name alone matches, whatever characters are in it.
    public static func exact(_ name: String) -> NamePattern {
        var text = ""
        for scalar in name.unicodeScalars {
            if scalar == "*" || scalar == "?" || scalar == "\\" { text.unicodeScalars.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return NamePattern(kind: .exact(name), text: text)
    }

    /// Reads the written form; nil when a backslash stands before anything else than `*`, `?` or `\`.
    public init?(_ text: String) {
        var glob: [UInt16] = []
        glob.reserveCapacity(text.utf8.count)
        var hasWildcard = false
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "*"):
                hasWildcard = true
                // Two in a row mean what one means.
                if glob.last != Self.anyRun { glob.append(Self.anyRun) }
            case UInt8(ascii: "?"):
                hasWildcard = true
                glob.append(Self.anyOne)
            case UInt8(ascii: "\\"):
                guard let escaped = bytes.next(), Self.isSpecial(escaped) else { return nil }
                glob.append(UInt16(escaped))
            default:
                glob.append(UInt16(byte))
            }
        }
        if glob == [Self.anyRun] {
            self.init(kind: .any, text: text)
        } else if hasWildcard {
            self.init(kind: .glob(glob), text: text)
        } else {
            let name = String(decoding: glob.map(UInt8.init(truncatingIfNeeded:)), as: UTF8.self)
            self.init(kind: .exact(name), text: text)
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "\\")
    }

    /// Whether both are written the same, byte for byte.
    public static func == (left: NamePattern, right: NamePattern) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    /// Of the bytes of the written form: spellings that Unicode takes for equal are different names.
    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    /// How much the pattern demands of a name.
    public enum Breadth: Int, Sendable, Hashable, Comparable {
        /// Nothing: `*`.
        case any
        /// A part of it.
        case glob
        /// All of it.
        case exact

        /// Orders by how much is demanded.
        public static func < (left: Breadth, right: Breadth) -> Bool { left.rawValue < right.rawValue }
    }

    /// How much the pattern demands of a name.
    public var breadth: Breadth {
        switch kind {
        case .any: .any
        case .glob: .glob
        case .exact: .exact
        }
    }

    /// The only name that matches; nil when there may be several.
    public var exactName: String? {
        if case .exact(let name) = kind { name } else { nil }
    }

    /// Whether `name` is what the pattern demands.
    public func matches(_ name: String) -> Bool {
        switch kind {
        case .any:
            return true
        case .exact(let demanded):
            return demanded.utf8.elementsEqual(name.utf8)
        case .glob(let glob):
            var name = name
            return name.withUTF8 { Self.matches(glob, $0.span) }
        }
    }

    /// Goes through both from the left; on a difference the last run of any characters takes one byte more. Earlier runs
    /// never have to be tried again, so the time is at most the product of the lengths.
    private static func matches(_ glob: [UInt16], _ name: Span<UInt8>) -> Bool {
        var at = 0
        var position = 0
        var retry: (at: Int, position: Int)?
        while position < name.count {
            if at < glob.count, glob[at] == anyRun {
                at += 1
                retry = (at, position)
            } else if at < glob.count, glob[at] == anyOne {
                at += 1
                position = afterScalar(at: position, in: name)
            } else if at < glob.count, glob[at] == UInt16(name[position]) {
                at += 1
                position += 1
            } else if let (glob, start) = retry {
                at = glob
                // By whole characters, or a ? after the run could take the rest of one.
                position = afterScalar(at: start, in: name)
                retry = (glob, position)
            } else {
                return false
            }
        }
        return glob[at...].allSatisfy { $0 == anyRun }
    }

    private static func afterScalar(at position: Int, in name: Span<UInt8>) -> Int {
        var next = position + 1
        while next < name.count, name[next] & 0xC0 == 0x80 { next += 1 }
        return next
    }
}
