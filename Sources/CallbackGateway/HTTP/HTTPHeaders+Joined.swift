internal import NIOHTTP1

extension HTTPHeaders {
    /// The value of a header field; of one that is there several times, the values with commas between them (RFC 9110,
    /// section 5.3). Nil when it is absent.
    func joined(_ name: String) -> String? {
        let values = self[name]
        return values.count > 1 ? values.joined(separator: ", ") : values.first
    }
}
