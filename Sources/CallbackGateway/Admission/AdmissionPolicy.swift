/// From whom a gateway takes callbacks: what a file of keys, secrets and networks says. Everything in it must hold
/// for a callback to be admitted; what it leaves out is not looked at.
public struct AdmissionPolicy: Sendable, Equatable {
    /// Where callbacks may come from; empty for anywhere.
    var networks: [Network] = []
    /// Whose word on where a callback comes from is taken.
    var proxies = TrustedProxies()
    /// The secret at the end of the path.
    var secretPath = SecretPath()
    /// What is demanded of signatures, by domain in lower case.
    var signatures: [String: SignaturePolicy] = [:]
    /// What is demanded of the signatures of all other domains; without it they are refused, if any domain is listed.
    var otherSignatures: SignaturePolicy?

    /// Demands nothing.
    init() {}

    /// Whether signatures are looked at for any domain.
    var verifiesSignatures: Bool { !signatures.isEmpty || otherSignatures != nil }

    /// What is demanded of signatures for a domain; nil when callbacks of it are refused.
    func signaturePolicy(for domain: String) -> SignaturePolicy? {
        signatures[domain] ?? signatures[domain.lowercased()] ?? otherSignatures
    }

    /// Whether callbacks may come from an address; nil is one that nobody knows.
    func admits(_ client: NetworkAddress?) -> Bool {
        if networks.isEmpty { return true }
        guard let client else { return false }
        return networks.contains { $0.contains(client) }
    }
}
