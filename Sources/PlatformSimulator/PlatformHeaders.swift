internal import Glibc
internal import NIOHTTP1

/// The headers of requests to one target, signed anew each second if there is a key.
struct PlatformHeaders {
    private let plain: HTTPHeaders
    private let signature: PlatformSignature?
    private var signed: (second: Int64, headers: HTTPHeaders)?

    /// - Parameter authKey: The `NotifyAuthKey`; nil when the platform was given none.
    init(target: PlatformTarget, authKey: String?) {
        plain = HTTPHeaders(platformTo: target)
        signature = authKey.map { PlatformSignature(target: target, key: $0) }
    }

    /// The headers of a request that is begun now.
    mutating func next() -> HTTPHeaders {
        guard let signature else { return plain }
        let second = Int64(time(nil))
        if let signed, signed.second == second { return signed.headers }
        var headers = plain
        signature.add(to: &headers, second: second)
        signed = (second, headers)
        return headers
    }
}
