/// A block of addresses, such as `203.0.113.0/24` or `2001:db8::/32`; an address alone is a block of one.
struct Network: Sendable, Hashable, CustomStringConvertible {
    /// The first address of the block.
    let address: NetworkAddress
    /// How many of its first bits all its addresses share.
    let prefixLength: Int

    /// Reads a block.
    ///
    /// - Returns: nil when the text is none, or has bits beyond the prefix, as `203.0.113.7/24` does.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = NetworkAddress(parts[0]) else { return nil }
        self.address = address
        if parts.count == 1 {
            prefixLength = address.width
            return
        }
        guard let length = UInt8(parts[1]), parts[1].utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else { return nil }
        // The prefix of ::ffff:192.0.2.0/120 counts from the first bit of the IPv6 address.
        let isMapped = address.width == 32 && parts[0].utf8.contains(UInt8(ascii: ":"))
        prefixLength = isMapped ? Int(length) - 96 : Int(length)
        guard (0...address.width).contains(prefixLength), address.bits == address.bits & mask else { return nil }
    }

    /// The block around an address in which it is not one person's any more: a /24 of IPv4, a /48 of IPv6.
    init(around address: NetworkAddress) {
        prefixLength = address.width == 32 ? 24 : 48
        self.address = address.withoutBits(after: prefixLength)
    }

    /// Whether an address is in the block.
    func contains(_ other: NetworkAddress) -> Bool {
        other.width == address.width && other.bits & mask == address.bits
    }

    private var mask: UInt128 {
        prefixLength == 0 ? 0 : .max << (address.width - prefixLength)
    }

    /// The block as text.
    var description: String { "\(address)/\(prefixLength)" }
}
