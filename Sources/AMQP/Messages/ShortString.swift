/// The wire's string with a length of one byte: names, routing keys and most message properties.
enum ShortString {
    static let maximumLength = 255

    /// librabbitmq would write the length modulo 256 and then all of the text, which ruins the stream.
    static func isValid(_ text: String?) -> Bool {
        guard let text else { return true }
        return text.utf8.count <= maximumLength
    }
}
