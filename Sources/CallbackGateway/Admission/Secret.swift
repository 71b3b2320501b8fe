/// A text that is compared and hashed, and never shown.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// Its bytes.
    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Says nothing of what it is.
    var description: String { "(hidden)" }

    /// `dump` and failed expectations show what is reflected.
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether these are its bytes, in a time that depends on the length of both and not on what they are.
    func matches(_ other: some Collection<UInt8>) -> Bool {
        bytes.isEqualInConstantTime(to: other)
    }
}

extension Collection<UInt8> {
    /// Whether these are the same bytes, in a time that depends on the length of both and not on what they are.
    func isEqualInConstantTime(to other: some Collection<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for (left, right) in zip(self, other) { difference |= left ^ right }
        return difference == 0
    }
}
