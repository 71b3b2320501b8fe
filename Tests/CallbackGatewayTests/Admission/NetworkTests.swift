import NIOCore
import Testing

@testable import CallbackGateway

@Suite struct NetworkTests {
    @Test(arguments: [
        ("203.0.113.0/24", "203.0.113.0", true), ("203.0.113.0/24", "203.0.113.255", true),
        ("203.0.113.0/24", "203.0.112.255", false), ("203.0.113.0/24", "203.0.114.0", false),
        ("203.0.113.128/25", "203.0.113.127", false), ("203.0.113.128/25", "203.0.113.128", true),
        ("203.0.113.7", "203.0.113.7", true), ("203.0.113.7", "203.0.113.6", false),
        ("203.0.113.7/32", "203.0.113.7", true), ("0.0.0.0/0", "203.0.113.7", true), ("0.0.0.0/0", "::1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/33", "2001:db8:8000::", false), ("::1", "::1", true), ("::1/128", "::2", false),
        ("::/0", "2001:db8::1", true), ("::/0", "203.0.113.7", false),
        ("203.0.113.0/24", "::ffff:203.0.113.9", true), ("::ffff:203.0.113.0/120", "203.0.113.9", true),
        ("::ffff:203.0.113.0/120", "203.0.114.9", false), ("::/0", "::ffff:203.0.113.9", false),
    ])
    func `A block holds its addresses and no others`(block: String, address: String, isIn: Bool) throws {
        let network = try #require(Network(block))
        #expect(network.contains(try #require(NetworkAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "/", "203.0.113.0/", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/+24", "203.0.113.0/x",
        "203.0.113.0/24/8", "203.0.113.7/24", "203.0.113/24", "203.0.113.0.0/24", "a.example", "2001:db8::/129",
        "2001:db8::1/32", "[2001:db8::]/32", "::ffff:203.0.113.0/90", " 203.0.113.0/24", "203.0.113.0 /24", "01.2.3.4x",
        "fe80::1%lo", "203.0.113.0/24\u{0}",
    ])
    func `What is no block, or has bits beyond its prefix, is none`(text: String) {
        #expect(Network(text) == nil)
    }

    @Test(arguments: ["192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "fe80::1"])
    func `An address is written as it is read, from text and from a connection`(text: String) throws {
        #expect(NetworkAddress(text)?.description == text)
        #expect(NetworkAddress(try SocketAddress(ipAddress: text, port: 1))?.description == text)
    }

    @Test func `A connection that is no IP connection has no address`() throws {
        #expect(NetworkAddress(try SocketAddress(unixDomainSocketPath: "/x")) == nil)
    }

    @Test func `An unknown address is in no network, and without networks everybody is admitted`() {
        var policy = AdmissionPolicy()
        #expect(policy.admits(nil))
        policy.networks = [Network("0.0.0.0/0")!, Network("2001:db8::/32")!]
        #expect(!policy.admits(nil))
        #expect(policy.admits(NetworkAddress("2001:db8::1")))
        #expect(!policy.admits(NetworkAddress("2001:db9::1")))
    }
}
