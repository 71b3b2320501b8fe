internal import Glibc
internal import NIOCore

/// An IPv4 or IPv6 address. One of IPv4 that is written as one of IPv6 (`::ffff:192.0.2.1`) is the one of IPv4.
struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// How many bits it has: 32 or 128.
    let width: Int
    /// Its bits, the first the most significant of `width`.
    let bits: UInt128

    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    /// An address of 4 or 16 bytes.
    init?(bytes: some Collection<UInt8>) {
        let bits = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: self.init(width: 32, bits: bits)
        case 16: self.init(width: 128, bits: bits)
        default: return nil
        }
    }

    private init(width: Int, bits: UInt128) {
        let isMapped = width == 128 && bits & ~0xFFFF_FFFF == Self.mappedPrefix
        self.width = isMapped ? 32 : width
        self.bits = isMapped ? bits & 0xFFFF_FFFF : bits
    }

    /// An address as text, such as `192.0.2.1` or `2001:db8::1`, without port, brackets or zone.
    init?(_ text: some StringProtocol) {
        guard text.utf8.count < 46, text.utf8.allSatisfy(Self.mayStandInAddress) else { return nil }
        if text.utf8.contains(UInt8(ascii: ":")) {
            var address = in6_addr()
            guard inet_pton(AF_INET6, String(text), &address) == 1 else { return nil }
            self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
        } else {
            var address = in_addr()
            guard inet_pton(AF_INET, String(text), &address) == 1 else { return nil }
            self.init(bytes: withUnsafeBytes(of: address) { Array($0) })
        }
    }

    private static func mayStandInAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The first address that has the same first bits.
    func withoutBits(after count: Int) -> NetworkAddress {
        NetworkAddress(width: width, bits: (bits >> (width - count)) << (width - count))
    }

    /// Where a connection comes from; nil when it is no IP connection.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(text)
    }

    /// The address as text.
    var description: String {
        if width == 32 {
            return [24, 16, 8, 0].map { "\((bits >> $0) & 0xFF)" }.joined(separator: ".")
        }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            for index in 0..<16 { bytes[index] = UInt8(truncatingIfNeeded: bits >> (120 - 8 * index)) }
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
