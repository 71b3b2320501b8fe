import Testing

@testable import CallbackGateway

@Suite struct ProxyProtocolHeaderTests {
    private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    private func read(_ text: String) -> ProxyProtocolHeader.Reading {
        ProxyProtocolHeader.read(Array(text.utf8))
    }

    private func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
        Self.signature + [command, family, UInt8(rest.count >> 8), UInt8(rest.count & 0xFF)] + rest
    }

    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1"),
            ("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1"),
            ("PROXY UNKNOWN\r\n", nil), ("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", nil),
        ] as [(String, String?)]
    )
    func `Version 1 names the source, or nobody`(line: String, source: String?) throws {
        let expected = ProxyProtocolHeader.Reading.complete(
            length: line.utf8.count,
            source: source.flatMap { NetworkAddress($0) }
        )
        #expect(read(line) == expected)
        #expect(read(line + "GET / HTTP/1.1\r\n") == expected)
        for length in 0..<line.utf8.count {
            #expect(ProxyProtocolHeader.read(Array(line.utf8.prefix(length))) == .incomplete)
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\n", "proxy UNKNOWN\r\n", "PROXY\r\n", "PROXY \r\n", "PROXY TCP4\r\n", "PROXY UNKNOWN\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n", "PROXY TCP4  192.0.2.1 198.51.100.1 56324 443\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n", "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 a.example 198.51.100.1 1 2\r\n", "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n", "X",
    ])
    func `What is no header of version 1 is none`(line: String) {
        #expect(read(line) == .malformed)
    }

    @Test func `A line of version 1 has 107 bytes at most`() {
        let longest = "PROXY UNKNOWN" + String(repeating: "x", count: 92) + "\r\n"
        #expect(longest.utf8.count == 107)
        // A word that only begins with UNKNOWN is another.
        #expect(read(longest) == .malformed)
        let spaced = longest.replacing("UNKNOWNx", with: "UNKNOWN ")
        #expect(read(spaced) == .complete(length: 107, source: nil))
        #expect(read(spaced.replacing("\r\n", with: "x\r\n")) == .malformed)
        #expect(read(String(repeating: "PROXY ", count: 20)) == .malformed)
    }

    @Test func `Version 2 names the source, or nobody`() {
        let v4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xDC, 0x04, 0x01, 0xBB]
        let v6: [UInt8] =
            [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1] + Array(repeating: 7, count: 20)
        for (bytes, source) in [
            (binary(0x21, 0x11, v4), "192.0.2.1"), (binary(0x21, 0x21, v6), "2001:db8::1"),
            // What describes comes after the addresses.
            (binary(0x21, 0x11, v4 + Array(repeating: 3, count: 300)), "192.0.2.1"),
            // The proxy's own health check, a socket of its machine, and what is not specified.
            (binary(0x20, 0x00, []), nil), (binary(0x20, 0x11, v4), nil),
            (binary(0x21, 0x31, Array(repeating: 1, count: 216)), nil), (binary(0x21, 0x00, []), nil),
        ] as [([UInt8], String?)] {
            let expected = ProxyProtocolHeader.Reading.complete(
                length: bytes.count,
                source: source.flatMap { NetworkAddress($0) }
            )
            #expect(ProxyProtocolHeader.read(bytes) == expected)
            #expect(ProxyProtocolHeader.read(bytes + Array("GET".utf8)) == expected)
            for length in 0..<bytes.count { #expect(ProxyProtocolHeader.read(Array(bytes[..<length])) == .incomplete) }
        }
    }

    @Test func `What is no header of version 2 is none`() {
        #expect(ProxyProtocolHeader.read(binary(0x11, 0x11, Array(repeating: 1, count: 12))) == .malformed)
        #expect(ProxyProtocolHeader.read(binary(0x22, 0x11, Array(repeating: 1, count: 12))) == .malformed)
        #expect(ProxyProtocolHeader.read(binary(0x21, 0x11, Array(repeating: 1, count: 11))) == .malformed)
        #expect(ProxyProtocolHeader.read(binary(0x21, 0x21, Array(repeating: 1, count: 35))) == .malformed)
        #expect(ProxyProtocolHeader.read(binary(0x21, 0x11, Array(repeating: 1, count: 4_097))) == .malformed)
        var bytes = binary(0x21, 0x11, Array(repeating: 1, count: 12))
        bytes[11] = 0
        #expect(ProxyProtocolHeader.read(bytes) == .malformed)
    }
}
