internal import Crypto
internal import NIOHTTP1

/// The signature that the platform adds to a callback when it was given a key for it.
///
/// Source: help.aliyun.com, "Usage notes for callback authentication" (document 417349): the MD5 of the callback URL's
/// host, the Unix time in seconds and the key, joined by vertical lines.
struct PlatformSignature: Sendable {
    private let host: String
    private let key: String

    /// - Parameter key: The `NotifyAuthKey`.
    init(target: PlatformTarget, key: String) {
        host = target.host.contains(":") ? "[\(target.host)]" : target.host
        self.key = key
    }

    /// Adds it, as of a request that is begun now.
    ///
    /// - Parameter second: Unix time in seconds.
    func add(to headers: inout HTTPHeaders, second: Int64) {
        headers.add(name: "ALI-LIVE-TIMESTAMP", value: String(second))
        headers.add(name: "ALI-LIVE-SIGNATURE", value: hexadecimal(second))
    }

    /// The 32 digits of the MD5.
    func hexadecimal(_ second: Int64) -> String {
        Insecure.MD5.hash(data: Array("\(host)|\(second)|\(key)".utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
