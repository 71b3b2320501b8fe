/// How a gateway admits callbacks.
public struct AdmissionSettings: Sendable {
    /// What is demanded at first; it may be replaced while the gateway runs.
    public var policy: AdmissionPolicy
    /// How far the time of a signature may be from now, before and after. The platform's documentation suggests 5
    /// minutes.
    public var tolerance = Duration.seconds(300)
    /// How long after its first use a signature may be used again. The platform's last retry of a callback comes 35 s
    /// after the first attempt (five retries 1 s apart, 5 s for each), or 80 s by an older edition of its documentation
    /// (up to 10 s apart).
    public var replayWindow = Duration.seconds(90)

    /// Demands this.
    public init(_ policy: AdmissionPolicy) {
        self.policy = policy
    }
}
