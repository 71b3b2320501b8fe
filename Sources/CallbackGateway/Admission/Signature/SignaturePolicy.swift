/// What is demanded of the signatures of one domain's callbacks.
struct SignaturePolicy: Sendable, Equatable {
    /// Whether a signature is demanded.
    var mode = AdmissionMode.off
    /// The domain's keys (`NotifyAuthKey`), the one in use first: each of them is right, so that one can take the place
    /// of another.
    var keys: [Secret] = []
    /// The hosts of the callback URLs, which the platform signs; empty for what the request names as its host.
    var hosts: [String] = []
}

extension SignaturePolicy {
    /// What a signature proves.
    enum Judgement: Equatable {
        /// There is none, and none is demanded.
        case unsigned
        /// It was made with the key of this index; `fingerprint` is the signature that was expected.
        case verified(key: Int, fingerprint: UInt128)
        /// It does not do.
        case refused(RefusalReason)
    }

    /// Judges a signature.
    ///
    /// - Parameters:
    ///   - signature: What the request brings.
    ///   - names: The names that may have been signed.
    ///   - now: Unix time in seconds.
    ///   - tolerance: How far the signed time may be from now, in seconds.
    func judge(_ signature: PresentedSignature, of names: [String], now: Int64, tolerance: Int64) -> Judgement {
        switch (mode, signature) {
        case (.off, _), (.optional, .none):
            return .unsigned
        case (.required, .none), (_, .incomplete):
            return .refused(.signatureMissing)
        case (_, .malformed):
            return .refused(.signatureMalformed)
        case (_, .signed(let timestamp, let seconds, let digest)):
            guard let (key, fingerprint) = match(digest, timestamp, names) else { return .refused(.signatureInvalid) }
            // The key comes first: nobody without one learns what the clock here says.
            guard (now - tolerance...now + tolerance).contains(seconds) else {
                return .refused(.timestampOutOfTolerance)
            }
            return .verified(key: key, fingerprint: fingerprint)
        }
    }

    /// The first key that makes the signature. That it was found early tells which key is in use, and nothing of it.
    private func match(_ digest: [UInt8], _ timestamp: String, _ names: [String]) -> (key: Int, UInt128)? {
        for name in names {
            for (index, key) in keys.enumerated() {
                let expected = CallbackSignature.digest(name: name, timestamp: timestamp, key: key)
                guard expected.isEqualInConstantTime(to: digest) else { continue }
                return (index, expected.reduce(0) { $0 << 8 | UInt128($1) })
            }
        }
        return nil
    }
}
