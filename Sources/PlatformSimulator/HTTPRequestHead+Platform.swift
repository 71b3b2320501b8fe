internal import NIOHTTP1

extension HTTPRequestHead {
    /// The request as the platform's documentation shows it: `GET`, HTTP/1.1, three headers in this order.
    init(requestTarget: String, headers: HTTPHeaders) {
        self.init(version: .http1_1, method: .GET, uri: requestTarget, headers: headers)
    }
}

extension HTTPHeaders {
    /// The headers of every request to `target`.
    init(platformTo target: PlatformTarget) {
        self.init([
            ("Host", target.authority),
            ("User-Agent", "Go-http-client/1.1"),
            ("Accept-Encoding", "gzip"),
        ])
    }
}
