internal import DecisionCore

/// How far what is written is behind what has come in.
///
/// The age of the newest notice that is written is no lag, because nothing may have come since. So the lag is the age of
/// the oldest notice that has been handed to this auditor and is not written yet. When none is, it is how old the newest
/// one was when it was written, for a second after that, because while a long backlog is worked off there are moments
/// when nothing waits here; and then zero. From the end of a term until the next begins nobody knows what waits, and
/// the lag is the time since the end; before the first, the time since the start.
struct ProjectionLag: Sendable, Equatable {
    private enum State: Sendable, Equatable {
        /// Another auditor leads: it is not for this one to say.
        case unknown
        /// Everything is written up to this age, as of then.
        case written(at: Timestamp, age: Duration)
        /// Something from then waits, or may.
        case waiting(since: Timestamp)
    }

    /// For how long the age of what was written last is still worth telling.
    private static let memory = Duration.seconds(1)

    private var state: State

    /// Nothing is known yet: whatever waits may have come in from now on.
    init(since start: Timestamp) {
        state = .waiting(since: start)
    }

    /// Another auditor leads.
    mutating func stoodBy() {
        state = .unknown
    }

    /// This auditor reads the stream from now on.
    ///
    /// - Parameter isEmpty: Whether nothing of the stream was ever read. Otherwise something comes at once, and shows
    ///   what waits.
    mutating func began(isEmpty: Bool, now: Timestamp) {
        if isEmpty {
            state = .written(at: now, age: .zero)
        } else if case .waiting = state {
            return
        } else {
            state = .waiting(since: now)
        }
    }

    /// Messages were taken to be written.
    ///
    /// - Parameter oldest: When the oldest notice among them came in; nil when there is none.
    mutating func took(oldest: Timestamp?) {
        guard let oldest else { return }
        if case .waiting(let since) = state, since <= oldest { return }
        state = .waiting(since: oldest)
    }

    /// All that was taken is written.
    ///
    /// - Parameter newest: When the newest notice among it came in; nil when there is none.
    mutating func wrote(newest: Timestamp?, now: Timestamp) {
        state = .written(at: now, age: newest.map { Self.age(of: $0, now) } ?? .zero)
    }

    /// The term is over, or the wait for one: from now on nobody may be leading.
    mutating func ended(now: Timestamp) {
        if case .waiting = state { return }
        state = .waiting(since: now)
    }

    /// The lag; nil when another auditor leads.
    func duration(now: Timestamp) -> Duration? {
        switch state {
        case .unknown: nil
        case .written(let at, let age): Self.age(of: at, now) < Self.memory ? age : .zero
        case .waiting(let since): Self.age(of: since, now)
        }
    }

    private static func age(of moment: Timestamp, _ now: Timestamp) -> Duration {
        max(.zero, now.duration(since: moment))
    }
}
