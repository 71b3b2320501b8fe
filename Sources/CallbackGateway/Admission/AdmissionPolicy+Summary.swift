extension AdmissionPolicy {
    /// What is demanded, in a line without anything secret, such as
    /// `signatures of 2 domains (1 required), 3 networks, a secret path (required)`.
    public var summary: String {
        var parts: [String] = []
        if verifiesSignatures {
            let listed = Array(signatures.values) + (otherSignatures.map { [$0] } ?? [])
            let required = listed.count { $0.mode == .required }
            let domains = signatures.count == 1 ? "1 domain" : "\(signatures.count) domains"
            let others = otherSignatures.map { ", all others \($0.mode.rawValue)" } ?? ", no others"
            parts.append("signatures of \(domains)\(others) (\(required) required)")
        }
        if !networks.isEmpty { parts.append(networks.count == 1 ? "1 network" : "\(networks.count) networks") }
        if secretPath.mode != .off { parts.append("a secret path (\(secretPath.mode.rawValue))") }
        return parts.isEmpty ? "nothing is demanded" : parts.joined(separator: ", ")
    }

    /// Whether a callback from anywhere, with nothing that proves where it is from, is admitted for some domain.
    public var isOpen: Bool {
        let demandsSignature =
            verifiesSignatures && signatures.values.allSatisfy { $0.mode == .required }
            && (otherSignatures.map { $0.mode == .required } ?? true)
        return networks.isEmpty && secretPath.mode != .required && !demandsSignature
    }
}
