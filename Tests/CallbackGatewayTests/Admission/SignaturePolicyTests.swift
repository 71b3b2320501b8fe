import Testing

@testable import CallbackGateway

@Suite struct SignaturePolicyTests {
    private static let first = Secret("firstkeyfirstkey")
    private static let second = Secret("secondkeysecondk")
    private static let stranger = Secret("strangerstranger")
    private static let now: Int64 = 1_790_000_000

    private func policy(_ mode: AdmissionMode) -> SignaturePolicy {
        SignaturePolicy(mode: mode, keys: [Self.first, Self.second])
    }

    private func signed(_ name: String, by key: Secret, at second: Int64 = now) -> PresentedSignature {
        .signed(
            timestamp: String(second),
            seconds: second,
            digest: CallbackSignature.digest(name: name, timestamp: String(second), key: key)
        )
    }

    private func judge(
        _ mode: AdmissionMode,
        _ signature: PresentedSignature,
        of names: [String] = ["a.example"]
    ) -> SignaturePolicy.Judgement {
        policy(mode).judge(signature, of: names, now: Self.now, tolerance: 300)
    }

    private func key(_ judgement: SignaturePolicy.Judgement) -> Int? {
        if case .verified(let key, _) = judgement { key } else { nil }
    }

    @Test func `Where signatures are off nothing is looked at`() {
        for signature in [PresentedSignature.none, .incomplete, .malformed, signed("a.example", by: Self.stranger)] {
            #expect(judge(.off, signature) == .unsigned)
        }
    }

    @Test func `Where they are optional there need be none, and what is there must be right`() {
        #expect(judge(.optional, .none) == .unsigned)
        #expect(judge(.optional, .incomplete) == .refused(.signatureMissing))
        #expect(judge(.optional, .malformed) == .refused(.signatureMalformed))
        #expect(judge(.optional, signed("a.example", by: Self.stranger)) == .refused(.signatureInvalid))
        #expect(key(judge(.optional, signed("a.example", by: Self.first))) == 0)
    }

    @Test func `Where they are required there must be one`() {
        #expect(judge(.required, .none) == .refused(.signatureMissing))
        #expect(judge(.required, .incomplete) == .refused(.signatureMissing))
        #expect(key(judge(.required, signed("a.example", by: Self.first))) == 0)
    }

    @Test func `Each of the keys is right, and it is known which`() {
        #expect(key(judge(.required, signed("a.example", by: Self.second))) == 1)
        #expect(judge(.required, signed("a.example", by: Self.stranger)) == .refused(.signatureInvalid))
    }

    @Test func `Each of the names is right, and no other`() {
        let names = ["a.example:80", "a.example"]
        #expect(key(judge(.required, signed("a.example", by: Self.first), of: names)) == 0)
        #expect(key(judge(.required, signed("a.example:80", by: Self.first), of: names)) == 0)
        #expect(judge(.required, signed("b.example", by: Self.first), of: names) == .refused(.signatureInvalid))
        #expect(judge(.required, signed("a.example", by: Self.first), of: []) == .refused(.signatureInvalid))
    }

    @Test(arguments: [(-301, false), (-300, true), (0, true), (300, true), (301, false)])
    func `The time may be as far from now as is tolerated, to the second`(offset: Int64, isRight: Bool) {
        let judgement = judge(.required, signed("a.example", by: Self.first, at: Self.now + offset))
        #expect((key(judgement) == 0) == isRight)
        if !isRight { #expect(judgement == .refused(.timestampOutOfTolerance)) }
    }

    @Test func `Without the key nobody learns whether the time is right`() {
        let old = signed("a.example", by: Self.stranger, at: 1)
        #expect(judge(.required, old) == .refused(.signatureInvalid))
    }

    @Test func `A changed time makes another signature`() {
        guard case .signed(_, _, let digest) = signed("a.example", by: Self.first, at: Self.now - 900) else { return }
        let moved = PresentedSignature.signed(timestamp: String(Self.now), seconds: Self.now, digest: digest)
        #expect(judge(.required, moved) == .refused(.signatureInvalid))
    }

    @Test func `Signatures of different seconds, names and keys are told apart`() {
        var fingerprints: Set<UInt128> = []
        for (name, key, second) in [
            ("a.example", Self.first, Self.now), ("a.example", Self.first, Self.now + 1),
            ("a.example", Self.second, Self.now), ("b.example", Self.first, Self.now),
        ] {
            let judgement = judge(.required, signed(name, by: key, at: second), of: [name])
            if case .verified(_, let fingerprint) = judgement { fingerprints.insert(fingerprint) }
        }
        #expect(fingerprints.count == 4)
    }
}
