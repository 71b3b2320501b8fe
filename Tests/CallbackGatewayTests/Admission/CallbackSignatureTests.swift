import Testing

@testable import CallbackGateway

@Suite struct CallbackSignatureTests {
    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The first is the input that the platform's documentation shows; all were computed with another implementation.
    @Test(arguments: [
        ("learn.aliyundoc.com", "1519375990", "yourkey", "9e226fc2c250be266e3657e156f68c12"),
        ("push.example.com", "1790000000", "0123456789abcdef", "861568ac586662a3875d9c7979194e65"),
        ("gateway:8080", "1790000000", "0123456789abcdef", "04ee4a0897435bd65d4e54e6142b65df"),
    ])
    func `The signature is the MD5 of name, time and key`(name: String, time: String, key: String, digits: String) {
        #expect(hexadecimal(CallbackSignature.digest(name: name, timestamp: time, key: Secret(key))) == digits)
    }

    @Test(arguments: [
        ("a.example", ["a.example"]),
        ("a.example:8080", ["a.example:8080", "a.example"]),
        ("A.Example", ["A.Example", "a.example"]),
        ("A.Example:1", ["A.Example:1", "A.Example", "a.example:1", "a.example"]),
        ("[2001:db8::1]:80", ["[2001:db8::1]:80", "[2001:db8::1]"]),
        ("[2001:db8::1]", ["[2001:db8::1]"]),
        ("2001:db8::1", ["2001:db8::1"]),
        ("a.example:", ["a.example:", "a.example"]),
        ("a.example:x", ["a.example:x"]),
        (":80", [":80"]),
        ("", [""]),
    ])
    func `A host may have been signed with its port and without, as spelled and in lower case`(
        host: String,
        names: [String]
    ) {
        #expect(CallbackSignature.names(of: host) == names)
    }

    @Test(
        arguments: [
            (nil, nil, PresentedSignature.none),
            ("1", nil, .incomplete),
            (nil, "0123456789abcdef0123456789abcdef", .incomplete),
            ("", "0123456789abcdef0123456789abcdef", .malformed),
            ("-1", "0123456789abcdef0123456789abcdef", .malformed),
            ("+1", "0123456789abcdef0123456789abcdef", .malformed),
            ("1.5", "0123456789abcdef0123456789abcdef", .malformed),
            ("1, 1", "0123456789abcdef0123456789abcdef", .malformed),
            ("1234567890123", "0123456789abcdef0123456789abcdef", .malformed),
            ("1", "", .malformed),
            ("1", "0123456789abcdef0123456789abcde", .malformed),
            ("1", "0123456789abcdef0123456789abcdef0", .malformed),
            ("1", "0123456789abcdef0123456789abcdeg", .malformed),
            (
                "0012", "0123456789abcdef0123456789ABCDEF",
                .signed(
                    timestamp: "0012",
                    seconds: 12,
                    digest: [
                        0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                    ]
                )
            ),
        ] as [(String?, String?, PresentedSignature)]
    )
    func `What a request brings is read, digits of either case`(
        timestamp: String?,
        signature: String?,
        presented: PresentedSignature
    ) {
        #expect(PresentedSignature(timestamp: timestamp, signature: signature) == presented)
    }

    @Test func `A secret is never shown`() {
        var text = ""
        dump(SignaturePolicy(mode: .required, keys: [Secret("0123456789abcdef")]), to: &text)
        text += "\(Secret("0123456789abcdef")) \(String(reflecting: [Secret("0123456789abcdef")]))"
        #expect(!text.contains("0123"))
        #expect(!text.contains("48"), "its bytes are shown: \(text)")
    }

    @Test func `Bytes are compared whole`() {
        let secret = Secret("abcd")
        #expect(secret.matches("abcd".utf8))
        for other in ["", "abc", "abcde", "abce", "bbcd", "ABCD"] { #expect(!secret.matches(other.utf8)) }
    }
}
