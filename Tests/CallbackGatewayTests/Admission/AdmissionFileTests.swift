import Foundation
import TestSupport
import Testing

@testable import CallbackGateway

/// The file of keys, secrets and networks.
@Suite struct AdmissionFileTests {
    private func policy(_ text: String) throws -> AdmissionPolicy {
        try AdmissionPolicy(yaml: Array(text.utf8))
    }

    private func problems(_ text: String) throws -> [String] {
        let error = #expect(throws: AdmissionFileError.self) { try policy(text) }
        #expect(error?.description.contains("geheim") == false, "a secret is shown")
        return try #require(error).problems.map { "\($0.line): \($0.message)" }
    }

    private static let everything = """
        networks: [203.0.113.0/24, "2001:db8::/32"]
        proxies:
          addresses: [10.0.0.5]
          header: x-forwarded-for
          proxyProtocol: true
        secretPath:
          mode: optional
          secrets: [A-secret_of-1234]
        signatures:
          Play.example.com:
            mode: required
            keys: [1234567890123456, ABCDEFGHIJKLMNOP]
            hosts: ["record.example.com:8080"]
          push.example.com: {mode: optional, keys: [0123456789abcdef]}
          "*": {mode: off}
        """

    @Test func `Everything that may be in it is read`() throws {
        let policy = try policy(Self.everything)
        #expect(policy.networks.map(\.description) == ["203.0.113.0/24", "2001:db8::/32"])
        #expect(policy.proxies.addresses == [Network("10.0.0.5")!])
        #expect(policy.proxies.field == .xForwardedFor)
        #expect(policy.proxies.beginsConnections)
        #expect(policy.secretPath == SecretPath(mode: .optional, secrets: [Secret("A-secret_of-1234")]))
        let play = SignaturePolicy(
            mode: .required,
            keys: [Secret("1234567890123456"), Secret("ABCDEFGHIJKLMNOP")],
            hosts: ["record.example.com:8080"]
        )
        for spelling in ["play.example.com", "PLAY.example.com"] {
            #expect(policy.signaturePolicy(for: spelling) == play)
        }
        #expect(policy.signaturePolicy(for: "push.example.com")?.mode == .optional)
        #expect(policy.signaturePolicy(for: "else.example.com") == SignaturePolicy())
        #expect(
            policy.summary
                == "signatures of 2 domains, all others off (1 required), 2 networks, a secret path (optional)"
        )
    }

    @Test func `The documentation's example is read`() throws {
        let document = TestEnvironment.root.appendingPathComponent("docs/authentication.md")
        let text = try String(contentsOf: document, encoding: .utf8)
        let example = try #require(text.firstMatch(of: /(?s)```yaml\n(.*?)```/)).1
        let policy = try policy(String(example))
        #expect(policy.signaturePolicy(for: "play.example.com")?.hosts == ["record.example.com"])
        #expect(policy.otherSignatures?.mode == .off)
        #expect(policy.secretPath.mode == .required)
        #expect(policy.networks.count == 2)
        #expect(policy.proxies.addresses.count == 2)
    }

    @Test func `JSON is read as well`() throws {
        let policy = try policy(
            #"{"signatures": {"a.example": {"mode": "required", "keys": ["0123456789abcdef"]}}, "networks": ["::1"]}"#
        )
        #expect(policy.signaturePolicy(for: "a.example")?.keys == [Secret("0123456789abcdef")])
        #expect(policy.networks == [Network("::1")!])
    }

    @Test func `Domains that are not listed are refused once any is`() throws {
        let listed = try policy("signatures: {a.example: {mode: off}}")
        #expect(listed.signaturePolicy(for: "b.example") == nil)
        #expect(listed.verifiesSignatures)
        let none = try policy("{}")
        #expect(!none.verifiesSignatures)
        #expect(none == AdmissionPolicy())
        #expect(none.summary == "nothing is demanded")
    }

    @Test(arguments: [
        ("{}", true),
        ("networks: [10.0.0.0/8]", false),
        ("secretPath: {mode: required, secrets: [0123456789abcdef]}", false),
        ("secretPath: {mode: optional, secrets: [0123456789abcdef]}", true),
        ("signatures: {a.example: {mode: required, keys: [0123456789abcdef]}}", false),
        ("signatures: {a.example: {mode: optional, keys: [0123456789abcdef]}}", true),
        ("signatures: {a.example: {mode: required, keys: [0123456789abcdef]}, '*': {mode: off}}", true),
        ("signatures: {'*': {mode: required, keys: [0123456789abcdef]}}", false),
    ])
    func `It is known whether anybody is let in`(text: String, isOpen: Bool) throws {
        #expect(try policy(text).isOpen == isOpen)
    }

    @Test func `Everything that is wrong is told at once, by line and key`() throws {
        let text = """
            networks: [203.0.113.7/24]
            netwroks: []
            proxies: {header: via}
            secretPath:
              secrets: [geheim]
            signatures:
              a.example:
                mode: on
                keys: [geheim, geheimgeheim-geheim, 0123456789abcdef]
                hosts: ["http://geheim"]
              b.example: {mode: required}
              A.Example: {mode: off}
            """
        #expect(
            try problems(text) == [
                "1: networks: this is no network; write 203.0.113.0/24, 2001:db8::/32 or an address, without bits beyond the prefix",
                #"2: the file has an unknown key "netwroks"; there are networks, proxies, secretPath, signatures"#,
                "3: proxies.addresses is missing",
                "3: proxies.header must be one of forwarded, x-forwarded-for",
                "5: secretPath.mode is missing; it is off, optional or required",
                "5: secretPath.secrets: number 1 must be 16 to 128 letters, digits, hyphens and underscores",
                "8: signatures.a.example.mode must be one of off, optional, required",
                "9: signatures.a.example.keys: number 1 must be 16 to 64 letters and digits",
                "9: signatures.a.example.keys: number 2 must be 16 to 64 letters and digits",
                "10: signatures.a.example.hosts: this is no host; write one as in a URL, with its port if any",
                "11: signatures.b.example.keys is missing",
                "12: signatures.A.Example is there twice",
            ]
        )
    }

    @Test(arguments: [
        ("", "1: the file is empty; {} demands nothing"),
        ("[", "2: this is no YAML"),
        ("a: [geheim\nb: geheim: geheim", "2: this is no YAML"),
        ("- geheim", "1: the file must be a mapping of networks, proxies, secretPath, signatures"),
        ("networks: []", "1: networks must be a list of 1 to 1000 networks"),
        ("networks: geheim", "1: networks must be a list of 1 to 1000 networks"),
        ("networks:\n  - [geheim]", "2: networks must be a list of networks"),
        ("signatures: []", "1: signatures must be a mapping from domains to what is demanded"),
        ("signatures: {}", "1: signatures must be a mapping from domains to what is demanded"),
        ("signatures:\n  a/geheim: {mode: off}", "2: signatures: this is no domain"),
        (
            "signatures:\n  *: {mode: off}",
            #"2: this is no YAML; the star for all other domains must be in quotes: "*""#
        ),
        (
            "signatures:\n  a.example: {mode: off}\n  a.example: {mode: off}",
            "2: a key is there twice"
        ),
        (
            "signatures: {a.example: {mode: required, keys: {geheimgeheimgeheim: 1}}}",
            "1: signatures.a.example.keys must be a list of 1 to 4 texts"
        ),
        (
            "secretPath: {mode: off, geheimgeheimgeheim: 1}",
            "1: secretPath has an unknown key; there are mode, secrets"
        ),
        (
            "proxies: {addresses: [10.0.0.1]}",
            "1: proxies needs header or proxyProtocol, or nobody takes their word"
        ),
        (
            "proxies: {addresses: [10.0.0.1], proxyProtocol: geheim}",
            "1: proxies.proxyProtocol must be true or false"
        ),
    ])
    func `A file that is wrong as a whole is refused`(text: String, problem: String) throws {
        let problems = try problems(text)
        #expect(problems.contains(problem), "\(problems)")
    }

    @Test func `What is no text, or too much of it, is refused`() {
        for (bytes, message) in [
            ([0xFF], "not UTF-8"), (Array(repeating: UInt8(ascii: "#"), count: 1_048_577), "more than 1048576 bytes"),
        ] as [([UInt8], String)] {
            let error = #expect(throws: AdmissionFileError.self) { try AdmissionPolicy(yaml: bytes) }
            #expect(error?.description.contains(message) == true)
        }
    }
}
