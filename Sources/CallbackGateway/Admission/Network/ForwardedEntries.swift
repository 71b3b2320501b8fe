/// Reads the addresses out of `Forwarded` and `X-Forwarded-For`.
enum ForwardedEntries {
    /// The addresses of one value from its end; nil for each that is none, such as `unknown`.
    static func reversed(in value: String, _ field: TrustedProxies.Field) -> [NetworkAddress?] {
        guard let entries = split(value[...], at: ",", field) else { return [nil] }
        return entries.reversed().map { entry in
            switch field {
            case .xForwardedFor: address(entry)
            case .forwarded: parameter(of: entry).flatMap(address)
            }
        }
    }

    /// The parts of a value; a separator within quotes separates nothing.
    ///
    /// - Returns: nil when a quote is not closed: what a client has written would take in what a proxy has added.
    private static func split(
        _ text: Substring,
        at separator: Unicode.Scalar,
        _ field: TrustedProxies.Field
    ) -> [Substring]? {
        var parts: [Substring] = []
        var isQuoted = false
        var isEscaped = false
        var start = text.startIndex
        // By scalars: a letter that joins what follows it must not hide a separator.
        let scalars = text.unicodeScalars
        for index in scalars.indices {
            switch scalars[index] {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"" where field == .forwarded: isQuoted.toggle()
            case separator where !isQuoted:
                parts.append(text[start..<index])
                start = scalars.index(after: index)
            default: break
            }
        }
        parts.append(text[start...])
        return isQuoted ? nil : parts
    }

    /// The `for` of an element of `Forwarded`, without its quotes; nil when it has none or two.
    private static func parameter(of element: Substring) -> Substring? {
        var found: Substring?
        for pair in split(element, at: ";", .forwarded) ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, trim(parts[0]).lowercased() == "for" else { continue }
            guard found == nil else { return nil }
            var value = trim(parts[1])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            found = value
        }
        return found
    }

    /// An address with a port or without one: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
    private static func address(_ text: Substring) -> NetworkAddress? {
        let text = trim(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[end...].dropFirst()
            guard rest.isEmpty || isPort(rest) else { return nil }
            return NetworkAddress(text[..<end].dropFirst())
        }
        if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":"), isPort(text[colon...]) {
            return NetworkAddress(text[..<colon])
        }
        return NetworkAddress(text)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.count > 1 && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
