/// The header with which a proxy begins a connection to say for whom it speaks: the PROXY protocol, versions 1 and 2.
///
/// Source: haproxy.org/download/3.0/doc/proxy-protocol.txt.
enum ProxyProtocolHeader {
    /// What the beginning of a connection is.
    enum Reading: Equatable {
        /// Not all of a header yet.
        case incomplete
        /// No header.
        case malformed
        /// A header of so many bytes. `source` is whom the proxy speaks for; nil when it speaks for itself, or does not
        /// know an IP address.
        case complete(length: Int, source: NetworkAddress?)
    }

    /// The longest header of version 1 with its line end, by the specification.
    private static let maximumTextLength = 107
    /// The most bytes after the fixed part of version 2 that are taken: addresses have at most 216, the rest describes.
    private static let maximumBinaryLength = 4_096
    private static let textSignature = Array("PROXY ".utf8)
    private static let binarySignature: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]

    /// Reads the first bytes of a connection.
    static func read(_ bytes: [UInt8]) -> Reading {
        if begins(bytes, with: textSignature) { return readText(bytes) }
        if begins(bytes, with: binarySignature) { return readBinary(bytes) }
        return .malformed
    }

    /// Whether as many bytes as there are agree with a signature.
    private static func begins(_ bytes: [UInt8], with signature: [UInt8]) -> Bool {
        zip(bytes, signature).allSatisfy { $0 == $1 }
    }

    /// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`, or `PROXY UNKNOWN` with anything after it.
    private static func readText(_ bytes: [UInt8]) -> Reading {
        let line = bytes.prefix(maximumTextLength)
        guard let end = line.firstIndex(of: 0x0A) else {
            return line.count < maximumTextLength ? .incomplete : .malformed
        }
        guard end > 0, line[end - 1] == 0x0D else { return .malformed }
        let words = String(decoding: line[..<(end - 1)], as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        guard words.count >= 2 else { return .malformed }
        if words[1] == "UNKNOWN" { return .complete(length: end + 1, source: nil) }
        guard words.count == 6, let source = NetworkAddress(words[2]), NetworkAddress(words[3]) != nil,
            words[4...].allSatisfy({ UInt16($0) != nil })
        else { return .malformed }
        // An IPv4 address may be written as one of IPv6, and not the other way about.
        let isIPv6 = words[2].contains(":")
        switch words[1] {
        case "TCP4" where !isIPv6, "TCP6" where isIPv6: return .complete(length: end + 1, source: source)
        default: return .malformed
        }
    }

    /// After the signature a byte with version and command, one with family and transport, the length of the rest in
    /// two bytes, and the rest, which begins with the address of the source.
    private static func readBinary(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= 16 else { return .incomplete }
        let isLocal: Bool
        switch bytes[12] {
        case 0x20: isLocal = true
        case 0x21: isLocal = false
        default: return .malformed
        }
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard length <= maximumBinaryLength else { return .malformed }
        let (addressLength, addressesLength) =
            switch bytes[13] {
            case 0x11: (4, 12)
            case 0x21: (16, 36)
            default: (0, 0)
            }
        guard isLocal || length >= addressesLength else { return .malformed }
        guard bytes.count >= 16 + length else { return .incomplete }
        let source = isLocal ? nil : NetworkAddress(bytes: bytes[16..<(16 + addressLength)])
        return .complete(length: 16 + length, source: source)
    }
}
