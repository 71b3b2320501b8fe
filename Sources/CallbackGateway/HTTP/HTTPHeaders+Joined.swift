internal import NIOHTTP1

extension HTTPHeaders {
    /// The value of a header field; of one that is there several times, the values with commas between them (RFC 9110,
    /// section 5.3). Nil when it is absent.
    ///
    /// The whitespace around a value is not a part of it (section 5.5), but the parser leaves what follows it.
    func joined(_ name: String) -> String? {
        let values = self[name].map(\.withoutTrailingWhitespace)
        return values.count > 1 ? values.joined(separator: ", ") : values.first
    }
}

extension String {
    fileprivate var withoutTrailingWhitespace: String {
        guard let last = utf8.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") else { return self }
        guard let end = utf8.lastIndex(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else {
            return ""
        }
        return String(self[...end])
    }
}
