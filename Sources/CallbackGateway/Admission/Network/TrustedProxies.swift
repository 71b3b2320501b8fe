/// The proxies whose word on where a callback comes from is taken. Nobody else's is.
struct TrustedProxies: Sendable, Equatable {
    /// The header field by which proxies tell whom they speak for. One is named, and the other is not looked at: a proxy
    /// that writes one may pass on whatever a client has written into the other.
    enum Field: String, Sendable, CaseIterable {
        /// `Forwarded` (RFC 7239).
        case forwarded
        /// `X-Forwarded-For`.
        case xForwardedFor = "x-forwarded-for"
    }

    /// Their addresses.
    var addresses: [Network] = []
    /// The header field that they add to; nil when they add none.
    var field: Field?
    /// Whether their connections begin with a header of the PROXY protocol, version 1 or 2.
    var beginsConnections = false

    /// Whether an address is one of theirs.
    func contains(_ address: NetworkAddress) -> Bool {
        addresses.contains { $0.contains(address) }
    }

    /// Whose callback it is that comes from an address.
    ///
    /// Each proxy adds the address that it was spoken to from, so the list is read from its end for as long as proxies
    /// of ours are in it; what is before was written by somebody else.
    ///
    /// - Parameters:
    ///   - peer: Where the connection comes from.
    ///   - values: The values of the header field, in their order.
    /// - Returns: nil when a proxy of ours does not name an address.
    func client(of peer: NetworkAddress, _ values: [String]) -> NetworkAddress? {
        guard let field, contains(peer) else { return peer }
        var client = peer
        for value in values.reversed() {
            for entry in ForwardedEntries.reversed(in: value, field) {
                guard let address = entry else { return nil }
                client = address
                guard contains(address) else { return client }
            }
        }
        return client
    }
}
