@testable import CallbackGateway

/// What proves where a callback is from. The first byte says which of its readers takes the rest.
func fuzzAdmission(_ input: [UInt8]) {
    guard let reader = input.first else { return }
    let rest = Array(input.dropFirst())
    let text = String(decoding: rest, as: UTF8.self)
    switch reader % 5 {
    case 0: checkProxyHeader(rest)
    case 1: checkForwarded(text)
    case 2: checkAddresses(text)
    case 3: checkSignature(text)
    default: checkFile(rest)
    }
}

/// A header that is complete is as long as it says, and none of its beginnings is anything but incomplete.
private func checkProxyHeader(_ bytes: [UInt8]) {
    let reading = ProxyProtocolHeader.read(bytes)
    guard case .complete(let length, _) = reading else { return }
    demand((1...bytes.count).contains(length), "a header of \(length) of \(bytes.count) bytes")
    demand(ProxyProtocolHeader.read(Array(bytes[..<length])) == reading, "another header without what follows")
    let short = ProxyProtocolHeader.read(Array(bytes[..<(length - 1)]))
    demand(short == .incomplete, "\(short) without its last byte")
}

/// What a proxy adds after a comma is what counts, whatever a client has written before it.
private func checkForwarded(_ text: String) {
    let proxies = [Network("10.0.0.0/8")!]
    let peer = NetworkAddress("10.0.0.1")!
    let real = NetworkAddress("203.0.113.5")!
    for (field, added) in [
        (TrustedProxies.Field.xForwardedFor, "203.0.113.5"), (.forwarded, "for=203.0.113.5"),
        (.forwarded, #"for="203.0.113.5:80""#),
    ] {
        let trusted = TrustedProxies(addresses: proxies, field: field)
        _ = trusted.client(of: peer, [text])
        for value in ["\(text), \(added)", "\(text),\(added)"] {
            let client = trusted.client(of: peer, [value])
            demand(client == real || client == nil, "\(field) of a client makes it \(String(describing: client))")
        }
        demand(trusted.client(of: peer, [text, added]) == real, "an earlier line counts")
    }
}

private func checkAddresses(_ text: String) {
    if let address = NetworkAddress(text) {
        demand(NetworkAddress(address.description) == address, "the address \(text)")
    }
    if let network = Network(text) {
        demand(Network(network.description) == network, "the network \(text)")
        demand(network.contains(network.address), "the network \(text) does not hold its first address")
    }
    demand(CallbackSignature.names(of: text).first == text, "the host is not among its names")
}

/// Nothing that is made up is a signature.
private func checkSignature(_ text: String) {
    let half = text.index(text.startIndex, offsetBy: text.count / 2)
    let signature = PresentedSignature(timestamp: String(text[..<half]), signature: String(text[half...]))
    let policy = SignaturePolicy(mode: .required, keys: [Secret("0123456789abcdef")])
    let judgement = policy.judge(signature, of: ["a.example"], now: 0, tolerance: .max / 2)
    if case .refused = judgement { return }
    demand(false, "\(judgement)")
}

/// Whatever is wrong with a file is told without quoting it.
private func checkFile(_ bytes: [UInt8]) {
    do throws(AdmissionFileError) {
        let policy = try AdmissionPolicy(yaml: bytes)
        _ = policy.summary + "\(policy.isOpen)"
    } catch {
        demand(!error.problems.isEmpty, "an error without a problem")
    }
}
