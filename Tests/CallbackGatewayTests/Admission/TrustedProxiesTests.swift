import Testing

@testable import CallbackGateway

@Suite struct TrustedProxiesTests {
    private func client(
        _ values: [String],
        _ field: TrustedProxies.Field?,
        peer: String = "10.0.0.1"
    ) throws -> String? {
        let proxies = TrustedProxies(
            addresses: [Network("10.0.0.0/8")!, Network("2001:db8::/32")!],
            field: field
        )
        return proxies.client(of: try #require(NetworkAddress(peer)), values)?.description
    }

    @Test func `Nobody else's word is taken`() throws {
        #expect(try client(["203.0.113.5"], .xForwardedFor, peer: "192.0.2.1") == "192.0.2.1")
        #expect(try client(["for=203.0.113.5"], .forwarded, peer: "192.0.2.1") == "192.0.2.1")
        #expect(try client(["203.0.113.5"], nil) == "10.0.0.1")
    }

    @Test(
        arguments: [
            ([], "10.0.0.1"),
            (["203.0.113.5"], "203.0.113.5"),
            // What stands before the last address that is no proxy's was written by the client.
            (["198.51.100.1, 203.0.113.5"], "203.0.113.5"),
            (["198.51.100.1, 203.0.113.5, 10.0.0.2"], "203.0.113.5"),
            (["198.51.100.1", "203.0.113.5,10.0.0.2", "10.0.0.3"], "203.0.113.5"),
            (["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
            (["203.0.113.5:4711"], "203.0.113.5"), (["[2001:db9::5]:80"], "2001:db9::5"),
            (["2001:db9::5"], "2001:db9::5"),
            (["\t203.0.113.5 "], "203.0.113.5"),
            (["::ffff:203.0.113.5"], "203.0.113.5"),
            ([""], nil), (["unknown"], nil), (["203.0.113.5, unknown"], nil), (["203.0.113.5,"], nil),
            (["203.0.113.5:"], nil), (["203.0.113.5:x"], nil), (["[2001:db9::5"], nil), (["[2001:db9::5]x"], nil),
            // Quotes mean nothing here, and a letter that joins the next hides no comma.
            (["\"198.51.100.1, 203.0.113.5"], "203.0.113.5"), (["198.51.100.1\u{600},203.0.113.5"], "203.0.113.5"),
        ] as [([String], String?)]
    )
    func `X-Forwarded-For is read from its end`(values: [String], expected: String?) throws {
        #expect(try client(values, .xForwardedFor) == expected)
    }

    @Test(
        arguments: [
            (["for=203.0.113.5"], "203.0.113.5"), (["For=\"203.0.113.5:80\";proto=https;by=10.0.0.1"], "203.0.113.5"),
            (["by=10.0.0.1; for=203.0.113.5"], "203.0.113.5"),
            (["for=\"[2001:db9::5]:4711\""], "2001:db9::5"), (["for=\"[2001:db9::5]\""], "2001:db9::5"),
            (["for=198.51.100.1, for=203.0.113.5;host=\"a,b\", for=10.0.0.2"], "203.0.113.5"),
            (["for=198.51.100.1", "for=203.0.113.5"], "203.0.113.5"),
            (["for=unknown"], nil), (["for=_hidden"], nil), (["proto=https"], nil), (["203.0.113.5"], nil), ([""], nil),
            (["for=203.0.113.5;for=198.51.100.1"], nil),
            // A client leaves a quote open for what the proxy adds.
            (["for=203.0.113.5;x=\", for=198.51.100.1"], nil),
            (["for=203.0.113.5;x=\", for=\"[2001:db9::1]\""], nil),
            (["for=203.0.113.5;x=\"\\, for=\"[2001:db9::1]\""], nil),
        ] as [([String], String?)]
    )
    func `Forwarded is read from its end`(values: [String], expected: String?) throws {
        #expect(try client(values, .forwarded) == expected)
    }
}
