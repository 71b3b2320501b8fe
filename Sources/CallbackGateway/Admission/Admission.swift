internal import NIOHTTP1

/// The admission of one request: the same demands from its beginning to its end, even if others take their place
/// meanwhile.
struct Admission {
    /// What the signature of a callback is over.
    enum SignedName {
        /// The host of the URL that the platform was given for such callbacks.
        case callbackHost
        /// The domain that the callback is about.
        case domain
    }

    private let desk: AdmissionDesk
    private let policy: AdmissionPolicy
    private let headers: HTTPHeaders
    /// What the request names as its host.
    private let host: String
    private let client: NetworkAddress?

    /// - Parameter peer: Where the connection comes from; nil when nobody knows.
    init(desk: AdmissionDesk, policy: AdmissionPolicy, request: HTTPRequestHead, peer: NetworkAddress?) {
        self.desk = desk
        self.policy = policy
        headers = request.headers
        host = request.headers.joined("Host") ?? ""
        client = peer.flatMap { peer in
            policy.proxies.client(of: peer, policy.proxies.field.map { request.headers[$0.name] } ?? [])
        }
    }

    /// Looks at where the request comes from.
    ///
    /// - Throws: ``RequestRefusal``.
    func checkNetwork() throws(RequestRefusal) {
        guard policy.admits(client) else { throw desk.refuse(.networkNotAllowed, client) }
    }

    /// What a path takes, without the secret at its end.
    ///
    /// - Parameter endpoint: What a path takes without one.
    /// - Returns: nil when there is nothing under the path.
    /// - Throws: ``RequestRefusal`` when the secret is missing or another one.
    func endpoint(
        at path: Substring.UTF8View,
        _ endpoint: (Substring.UTF8View) -> Endpoint?
    ) throws(RequestRefusal) -> Endpoint? {
        if let plain = endpoint(path) {
            guard policy.secretPath.mode != .required else { throw desk.refuse(.secretMissing, client) }
            return plain
        }
        guard policy.secretPath.mode != .off else { return nil }
        let path = path.last == UInt8(ascii: "/") ? path.dropLast() : path
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let before = path[..<slash]
        // What is left of /SECRET is the root.
        guard let found = before.isEmpty ? endpoint("/"[...].utf8) : endpoint(before) else { return nil }
        guard policy.secretPath.matches(path[slash...].dropFirst()) else { throw desk.refuse(.secretInvalid, client) }
        return found
    }

    /// Looks at the signature.
    ///
    /// - Parameters:
    ///   - name: What is signed.
    ///   - domain: The domain that the callback is about, whose demands hold.
    /// - Throws: ``RequestRefusal``, also when there is no such domain in the callback.
    func checkSignature(
        over name: SignedName,
        of domain: () throws(BadCallback) -> String
    ) throws(RequestRefusal) {
        guard policy.verifiesSignatures else { return }
        let domain = try RequestRefusal.ofBad(domain)
        guard let demands = policy.signaturePolicy(for: domain) else { throw desk.refuse(.domainNotListed, client) }
        guard demands.mode != .off else { return }
        let hosts =
            switch name {
            case .domain: [domain]
            case .callbackHost: demands.hosts.isEmpty ? [host] : demands.hosts
            }
        try desk.check(
            PresentedSignature(headers),
            of: hosts.flatMap(CallbackSignature.names),
            by: demands,
            from: client
        )
    }
}

extension TrustedProxies.Field {
    /// The header field.
    fileprivate var name: String {
        switch self {
        case .forwarded: "Forwarded"
        case .xForwardedFor: "X-Forwarded-For"
        }
    }
}
