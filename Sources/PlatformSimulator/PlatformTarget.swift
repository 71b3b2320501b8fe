/// The callback URL that the platform was configured with (its `OnDemandUrl`).
public struct PlatformTarget: Sendable, Hashable {
    /// The host to connect to: a name or an address, without the brackets of an IPv6 address.
    public let host: String
    /// The port to connect to.
    public let port: Int
    /// The `Host` header: host and port as written in the URL.
    public let authority: String
    /// The path and the query of the URL as written, `/` if it has neither.
    public let path: String

    /// Reads `http://host[:port][/path][?query]`.
    ///
    /// - Throws: ``PlatformSimulatorError`` with the code ``PlatformSimulatorError/Code/invalidTarget``.
    public init(url: String) throws(PlatformSimulatorError) {
        // Nothing that could end the request line or a header early may come in here.
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Self.invalid("the URL has a space, a control character or a character outside ASCII")
        }
        guard url.prefix(7).lowercased() == "http://" else {
            throw Self.invalid("the URL must start with http:// (the simulator has no TLS)")
        }
        let rest = url.dropFirst(7)
        guard !rest.contains("#") else {
            throw Self.invalid("the URL has a fragment, which is never sent")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else {
            throw Self.invalid("the URL has a user name, which the platform does not send")
        }
        (host, port) = try Self.hostAndPort(authority)
        self.authority = String(authority.last == ":" ? authority.dropLast() : authority)
        let path = rest.dropFirst(authority.count)
        self.path = path.first == "/" ? String(path) : "/" + path
    }

    /// The request target for a question: the configured path, then the question.
    public func requestTarget(for question: CallbackQuestion) -> String {
        question.requestTarget(path: path)
    }

    private static func hostAndPort(_ authority: Substring) throws(PlatformSimulatorError) -> (String, Int) {
        let host: Substring
        let afterHost: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw invalid("the URL's IPv6 address has no closing bracket")
            }
            host = authority[..<end].dropFirst()
            afterHost = authority[end...].dropFirst()
        } else {
            host = authority.prefix { $0 != ":" }
            afterHost = authority[host.endIndex...]
        }
        guard !host.isEmpty else {
            throw invalid("the URL has no host")
        }
        guard !afterHost.isEmpty, afterHost != ":" else {
            return (String(host), 80)
        }
        guard
            afterHost.first == ":",
            afterHost.dropFirst().allSatisfy(\.isNumber),
            let port = UInt16(afterHost.dropFirst()),
            port > 0
        else {
            throw invalid("the URL's port is not a number from 1 to 65535")
        }
        return (String(host), Int(port))
    }

    private static func invalid(_ message: String) -> PlatformSimulatorError {
        PlatformSimulatorError(.invalidTarget, message)
    }
}
