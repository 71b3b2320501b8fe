/// Whether events may be published now, should be held for a moment, or are not worth waiting for.
///
/// Two links carry a question and its answer: one connection publishes events, the other takes replies. A question
/// needs both; a notice, which has no reply, needs the first.
///
///                        .------ needed links up ------.
///                        v                             |
///     start -> open    ready --a link lost--> interrupted --grace elapsed--> open
///                 '------------ needed links up -----------------------------'
///
/// A short interruption costs no decision: callbacks that come meanwhile wait, and are published when the links are
/// back. After the grace period new callbacks get the default at once; those that wait already keep waiting for what
/// is left of their own budget.
struct BrokerCircuit<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// A connection that a callback needs.
    enum Link: Hashable, CaseIterable {
        case events
        case replies
    }

    /// What to do with a callback that has come in.
    enum Admission: Equatable {
        /// Publish its event.
        case publish
        /// Let it wait: its event is published when the links are back.
        case hold
        /// Answer the default.
        case refuse
    }

    /// What to do after a change.
    enum Action: Equatable {
        case none
        /// The circuit has just become ready: publish every event that still waits.
        case publishWaiting
        /// Say so at this time if the interruption lasts: ``graceElapsed(now:)``.
        case watch(until: Instant)
    }

    private enum State {
        /// The needed links are up; goes to `interrupted`.
        case ready
        /// A link was lost; goes to `ready` or `open`.
        case interrupted(until: Instant)
        /// There has been no way to the broker for too long, or there has not yet been one; goes to `ready`.
        case open
    }

    /// How long an interruption may last before new callbacks get the default at once.
    let grace: Duration
    /// The links that a callback needs.
    let links: Set<Link>

    private var state = State.open
    private var upLinks: Set<Link> = []

    init(grace: Duration, links: Set<Link> = Set(Link.allCases)) {
        self.grace = grace
        self.links = links
    }

    /// Whether events reach a worker and replies come back, as far as is known.
    var isReady: Bool {
        if case .ready = state { true } else { false }
    }

    /// What to do with a callback that comes in now.
    var admission: Admission {
        switch state {
        case .ready: .publish
        case .interrupted: .hold
        case .open: .refuse
        }
    }

    /// A link is up, perhaps anew: what was sent over its predecessor may be lost.
    mutating func linkUp(_ link: Link) -> Action {
        upLinks.insert(link)
        guard upLinks.isSuperset(of: links) else { return .none }
        state = .ready
        return .publishWaiting
    }

    /// A link was lost.
    mutating func linkDown(_ link: Link, now: Instant) -> Action {
        upLinks.remove(link)
        guard links.contains(link), case .ready = state else { return .none }
        let until = now.advanced(by: grace)
        state = .interrupted(until: until)
        return .watch(until: until)
    }

    /// Time has passed since an interruption; one that is over, or another one, is left alone.
    mutating func graceElapsed(now: Instant) {
        if case .interrupted(let until) = state, until <= now { state = .open }
    }
}
