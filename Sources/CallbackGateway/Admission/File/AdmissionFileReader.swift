internal import Yams

/// Reads demands out of a document's tree, and notes everything that is wrong with it.
struct AdmissionFileReader {
    private var fields = AdmissionFields()

    /// What is wrong so far.
    var problems: [AdmissionFileError.Problem] { fields.problems }

    private static let keyLength = 16...64
    private static let secretLength = 16...128
    private static let keyCount = 1...4
    private static let hostCount = 1...16
    private static let networkCount = 1...1_000

    /// What is demanded; of no use when there are problems.
    mutating func policy(_ root: Node) -> AdmissionPolicy {
        var policy = AdmissionPolicy()
        let keys = ["networks", "proxies", "secretPath", "signatures"]
        let members = fields.members(of: root, "the file", keys: keys)
        if let node = members["networks"] { policy.networks = networks(node, "networks") }
        if let node = members["proxies"] { policy.proxies = proxies(node) }
        if let node = members["secretPath"] { policy.secretPath = secretPath(node) }
        if let node = members["signatures"] { readSignatures(node, into: &policy) }
        return policy
    }

    private mutating func networks(_ node: Node, _ path: String) -> [Network] {
        fields.texts(node, path, "networks", count: Self.networkCount).compactMap { text, node in
            if let network = Network(text) { return network }
            fields.fail(
                node,
                "\(path): this is no network; write 203.0.113.0/24, 2001:db8::/32 or an address, without bits beyond "
                    + "the prefix"
            )
            return nil
        }
    }

    private mutating func proxies(_ node: Node) -> TrustedProxies {
        var proxies = TrustedProxies()
        let members = fields.members(of: node, "proxies", keys: ["addresses", "header", "proxyProtocol"])
        if let node = members["addresses"] {
            proxies.addresses = networks(node, "proxies.addresses")
        } else {
            fields.fail(node, "proxies.addresses is missing")
        }
        if let node = members["header"] {
            proxies.field = fields.choice(node, "proxies.header", of: TrustedProxies.Field.self)
        }
        if let node = members["proxyProtocol"] {
            proxies.beginsConnections = fields.flag(node, "proxies.proxyProtocol")
        }
        if members["header"] == nil, members["proxyProtocol"] == nil {
            fields.fail(node, "proxies needs header or proxyProtocol, or nobody takes their word")
        }
        return proxies
    }

    private mutating func secretPath(_ node: Node) -> SecretPath {
        var secretPath = SecretPath()
        let members = fields.members(of: node, "secretPath", keys: ["mode", "secrets"])
        secretPath.mode = mode(members, node, "secretPath")
        if let node = members["secrets"] {
            secretPath.secrets = secrets(
                node,
                "secretPath.secrets",
                length: Self.secretLength,
                "letters, digits, hyphens and underscores",
                isAllowed: { $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            )
        } else if secretPath.mode != .off {
            fields.fail(node, "secretPath.secrets is missing")
        }
        return secretPath
    }

    private mutating func readSignatures(_ node: Node, into policy: inout AdmissionPolicy) {
        guard let mapping = node.mapping, !mapping.isEmpty else {
            return fields.fail(node, "signatures must be a mapping from domains to what is demanded")
        }
        for (key, value) in mapping {
            guard let domain = key.scalar?.string, domain == "*" || Self.isHost(domain) else {
                fields.fail(key, "signatures: this is no domain")
                continue
            }
            let signatures = signaturePolicy(value, "signatures.\(domain)")
            if domain == "*" {
                policy.otherSignatures = signatures
            } else if policy.signatures.updateValue(signatures, forKey: domain.lowercased()) != nil {
                fields.fail(key, "signatures.\(domain) is there twice")
            }
        }
    }

    private mutating func signaturePolicy(_ node: Node, _ path: String) -> SignaturePolicy {
        var policy = SignaturePolicy()
        let members = fields.members(of: node, path, keys: ["mode", "keys", "hosts"])
        policy.mode = mode(members, node, path)
        if let node = members["keys"] {
            // What the platform takes as NotifyAuthKey: 16 to 32 of them, or up to 64 for stream ingest callbacks.
            policy.keys = secrets(
                node,
                "\(path).keys",
                length: Self.keyLength,
                "letters and digits",
                isAllowed: \.isAlphanumeric
            )
        } else if policy.mode != .off {
            fields.fail(node, "\(path).keys is missing")
        }
        if let node = members["hosts"] {
            policy.hosts = fields.texts(node, "\(path).hosts", "hosts", count: Self.hostCount).map { text, node in
                if !Self.isHost(text) {
                    fields.fail(node, "\(path).hosts: this is no host; write one as in a URL, with its port if any")
                }
                return text
            }
        }
        return policy
    }

    private mutating func mode(_ members: [String: Node], _ node: Node, _ path: String) -> AdmissionMode {
        if let node = members["mode"] {
            return fields.choice(node, "\(path).mode", of: AdmissionMode.self) ?? .required
        }
        fields.fail(node, "\(path).mode is missing; it is off, optional or required")
        return .required
    }

    private mutating func secrets(
        _ node: Node,
        _ path: String,
        length: ClosedRange<Int>,
        _ letters: String,
        isAllowed: (UInt8) -> Bool
    ) -> [Secret] {
        fields.texts(node, path, "texts", count: Self.keyCount).enumerated().map { index, element in
            let (text, node) = element
            if !length.contains(text.utf8.count) || !text.utf8.allSatisfy(isAllowed) {
                fields.fail(
                    node,
                    "\(path): number \(index + 1) must be \(length.lowerBound) to \(length.upperBound) \(letters)"
                )
            }
            return Secret(text)
        }
    }

    /// Whether a text may be a host with or without a port; letters of other scripts are in it as they are.
    private static func isHost(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
                    && !"/?#@|*".unicodeScalars.contains(scalar)
            }
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter or digit.
    fileprivate var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
