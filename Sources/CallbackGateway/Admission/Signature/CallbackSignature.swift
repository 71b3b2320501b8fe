internal import Crypto

/// How the platform signs callbacks: the MD5 of `name|timestamp|key` in hexadecimal digits, with the key that was
/// configured as `NotifyAuthKey`.
///
/// Source: help.aliyun.com, "Usage notes for callback authentication" (document 417349), and document 54787 for stream
/// ingest callbacks. One edition of the page spells the second header field `ALL-LIVE-SIGNATURE`; none other does.
enum CallbackSignature {
    /// The header field with the Unix time in seconds at which the request was begun.
    static let timestampField = "ALI-LIVE-TIMESTAMP"
    /// The header field with the signature. Whether its digits are in lower case is not documented.
    static let signatureField = "ALI-LIVE-SIGNATURE"

    /// The 16 bytes of the MD5.
    static func digest(name: String, timestamp: String, key: Secret) -> [UInt8] {
        var md5 = Insecure.MD5()
        md5.update(data: Array("\(name)|\(timestamp)|".utf8))
        md5.update(data: key.bytes)
        return Array(md5.finalize())
    }

    /// The names that may have been signed for a host: with and without its port, because which of them the platform
    /// means by "domain" is not documented, each as it is spelled and in lower case.
    static func names(of host: String) -> [String] {
        var names = [host]
        if let portless = withoutPort(host) { names.append(portless) }
        for name in names {
            let lower = name.lowercased()
            if !names.contains(lower) { names.append(lower) }
        }
        return names
    }

    private static func withoutPort(_ host: String) -> String? {
        guard let colon = host.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let port = host.utf8[colon...].dropFirst()
        // The colons of an IPv6 address are in brackets.
        guard port.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        let name = host[..<colon]
        guard !name.isEmpty, !name.contains(":") || name.hasSuffix("]") else { return nil }
        return String(name)
    }
}
