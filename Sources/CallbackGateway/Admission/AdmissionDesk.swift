internal import DecisionCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOHTTP1

/// Admits callbacks or refuses them, by demands that may be replaced at any time.
final class AdmissionDesk: Sendable {
    private struct State {
        var policy: AdmissionPolicy
        var counters = AdmissionCounters()
        var signatures: SignatureMemory<ContinuousClock.Instant>
        var sampler = RefusalSampler<ContinuousClock.Instant>(interval: .seconds(10))
        var isOutdated = false
    }

    /// A signature is kept in some 100 bytes. There is one for each domain and second, so this is enough for hundreds of
    /// domains that are pushed to all the time.
    private static let maximumSignatures = 131_072

    private let tolerance: Duration
    private let now: @Sendable () -> Timestamp
    private let logsWholeAddresses: Bool
    private let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - settings: What is demanded at first.
    ///   - now: The civil clock.
    ///   - logsWholeAddresses: Whether the log has the addresses of clients, and not only their networks.
    init(
        _ settings: AdmissionSettings,
        now: @escaping @Sendable () -> Timestamp,
        logsWholeAddresses: Bool = false,
        logger: Logger
    ) {
        tolerance = settings.tolerance
        self.now = now
        self.logsWholeAddresses = logsWholeAddresses
        self.logger = logger
        state = NIOLockedValueBox(
            State(
                policy: settings.policy,
                signatures: SignatureMemory(
                    window: settings.replayWindow,
                    // A signature is right from so long before its time to so long after it.
                    memory: settings.tolerance * 2,
                    capacity: Self.maximumSignatures
                )
            )
        )
    }

    var counters: AdmissionCounters {
        state.withLockedValue { state in
            var counters = state.counters
            counters.forgottenSignatures = state.signatures.forgottenCount
            return counters
        }
    }

    /// Whether the last demands that were to take the place of the former ones could not be taken.
    var isOutdated: Bool { state.withLockedValue { $0.isOutdated } }

    /// What is demanded now.
    var policy: AdmissionPolicy { state.withLockedValue { $0.policy } }

    /// From now on this is demanded.
    func replace(_ policy: AdmissionPolicy) {
        state.withLockedValue { state in
            state.policy = policy
            state.isOutdated = false
            state.counters.replacements += 1
        }
    }

    /// What should be demanded could not be read; what was demanded before goes on.
    func replacementFailed() {
        state.withLockedValue { state in
            state.isOutdated = true
            state.counters.failedReplacements += 1
        }
    }

    /// A named proxy has begun a connection with something else than a header of the PROXY protocol.
    func countMalformedProxyHeader() {
        state.withLockedValue { $0.counters.malformedProxyHeaders += 1 }
    }

    /// Begins the admission of a request, by what is demanded at this moment.
    ///
    /// - Parameter peer: Where its connection comes from; nil when nobody knows.
    func begin(_ request: HTTPRequestHead, from peer: NetworkAddress?) -> Admission {
        Admission(desk: self, policy: policy, request: request, peer: peer)
    }

    /// Judges a signature by what its domain demands.
    ///
    /// - Throws: ``RequestRefusal`` when it does not do.
    func check(
        _ signature: PresentedSignature,
        of names: [String],
        by demands: SignaturePolicy,
        from client: NetworkAddress?
    ) throws(RequestRefusal) {
        let second = now().millisecondsSinceEpoch / 1_000
        switch demands.judge(signature, of: names, now: second, tolerance: tolerance.components.seconds) {
        case .unsigned:
            guard demands.mode == .optional else { return }
            state.withLockedValue { $0.counters.unsigned += 1 }
        case .verified(let key, let fingerprint):
            let isReplay = state.withLockedValue { state in
                if state.signatures.isReplay(fingerprint, at: .now) { return true }
                state.counters.verified += 1
                if key > 0 { state.counters.verifiedByOtherKey += 1 }
                return false
            }
            if isReplay { throw refuse(.signatureReplayed, client) }
        case .refused(let reason):
            throw refuse(reason, client)
        }
    }

    /// An address as the log may have it: it is personal, and a network is enough to see who knocks.
    private func text(of client: NetworkAddress) -> String {
        logsWholeAddresses ? client.description : Network(around: client).description
    }

    /// Counts a refusal, and logs some of them.
    func refuse(_ reason: RefusalReason, _ client: NetworkAddress?) -> RequestRefusal {
        let count = state.withLockedValue { state in
            state.counters.refused[reason, default: 0] += 1
            return state.sampler.refused(reason, at: .now)
        }
        if let count {
            // Nothing of the request: its path may hold a secret, and the rest is anybody's text.
            logger.warning(
                "refused callbacks",
                metadata: [
                    "reason": "\(reason.rawValue)", "count": "\(count)",
                    "client": "\(client.map(text(of:)) ?? "unknown")",
                ]
            )
        }
        return RequestRefusal(.refused(reason))
    }
}
