/// What it means that the work queue refuses an event: that it is full, or that it has no leader.
///
/// The broker's channel keeps who leads a quorum queue from its first message on. A channel whose first message comes
/// after the leader is lost and before another is elected goes on asking the lost one, and refuses every message for as
/// long as that one is away, although the queue has a leader again (seen with RabbitMQ 3.10.8). A message that is refused
/// says nothing of the reason. So what a channel refuses that has never had a confirm waits for another channel; and a
/// channel that has refused everything for a while is replaced in any case.
struct RefusalWatch<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// What to do after a refusal.
    struct Advice: Equatable {
        /// Whether the event goes on waiting, to be published again on another channel; else it gets the default.
        let mayWait: Bool
        /// When to open another channel; nil when that is under way or not called for.
        let renewal: Instant?
    }

    /// For how long the refusals of new channels are taken for an election, from the first one on.
    let grace: Duration
    /// How long a channel that has never had a confirm is kept during the grace period.
    let pause: Duration
    /// How long a channel may refuse everything otherwise.
    let patience: Duration

    private var channel = 0
    private var openedAt: Instant?
    private var isProven = false
    private var isRenewing = false
    /// The first refusal since the last confirm, on whatever channel, and the last one.
    private var refused: (since: Instant, last: Instant)?

    init(grace: Duration, pause: Duration = .milliseconds(250), patience: Duration = .seconds(1)) {
        self.grace = grace
        self.pause = pause
        self.patience = patience
    }

    /// There is a channel to publish on, in the place of any former one.
    mutating func opened(_ channel: Int, now: Instant) {
        self.channel = channel
        openedAt = now
        isProven = false
        isRenewing = false
    }

    /// The queue has taken an event.
    mutating func confirmed(on channel: Int) {
        guard channel == self.channel else { return }
        isProven = true
        refused = nil
    }

    /// The queue has refused an event.
    mutating func refused(on channel: Int, now: Instant) -> Advice {
        // What was under way on a channel when it was replaced.
        guard channel == self.channel, let openedAt else { return Advice(mayWait: true, renewal: nil) }
        // What was refused long ago was another election.
        if !isProven, let last = refused?.last, last.advanced(by: grace) < now { refused = nil }
        let beginning = refused?.since ?? now
        refused = (beginning, now)
        let mayWait = !isProven && now < beginning.advanced(by: grace)
        guard !isRenewing else { return Advice(mayWait: mayWait, renewal: nil) }
        if isProven, now < beginning.advanced(by: patience) { return Advice(mayWait: false, renewal: nil) }
        isRenewing = true
        return Advice(mayWait: mayWait, renewal: max(now, openedAt.advanced(by: mayWait ? pause : patience)))
    }
}
