internal import DequeModule

/// Remembers when each signature was used first.
///
/// A signature does not say what it signs but a domain and a second, so callbacks of different streams have the same
/// one, and so may the platform's retries of one callback. All of them come within a short time of the first: a
/// signature that is used later than that is a replay, whatever it is used for.
struct SignatureMemory<Instant: InstantProtocol> where Instant.Duration == Duration {
    /// How long a signature may be used after its first use.
    let window: Duration
    /// How long a signature is remembered: as long as its time can be within the tolerance.
    let memory: Duration
    /// The most signatures that are remembered; beyond it the oldest is forgotten.
    let capacity: Int
    /// Signatures that were forgotten before their time was over.
    private(set) var forgottenCount = 0

    private var firstUses: [UInt128: Instant] = [:]
    /// In the order of their first use.
    private var order: Deque<UInt128> = []

    init(window: Duration, memory: Duration, capacity: Int) {
        self.window = window
        self.memory = memory
        self.capacity = capacity
    }

    /// How many signatures are remembered.
    var count: Int { order.count }

    /// A signature that is right is used.
    ///
    /// - Returns: Whether its first use was longer ago than retries come.
    mutating func isReplay(_ signature: UInt128, at now: Instant) -> Bool {
        forget(at: now)
        if let first = firstUses[signature] { return first.duration(to: now) > window }
        if order.count == capacity {
            dropOldest()
            forgottenCount += 1
        }
        firstUses[signature] = now
        order.append(signature)
        return false
    }

    private mutating func forget(at now: Instant) {
        while let oldest = order.first, let first = firstUses[oldest], first.duration(to: now) > memory { dropOldest() }
    }

    private mutating func dropOldest() {
        firstUses[order.removeFirst()] = nil
    }
}
