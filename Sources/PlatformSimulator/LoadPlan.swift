/// How much load to put on a gateway, and in which shape.
///
/// With a ``rate`` the load is an **open loop**: a schedule says when each request is due, and goes on whatever the
/// answers do. A request that is due while every connection is busy waits, and its latency counts from when it was
/// due, so a server that stalls cannot hide it by holding up the requests that would have seen it (no coordinated
/// omission). Without a rate it is a **closed loop**: each connection asks again as soon as it has its answer.
public struct LoadPlan: Sendable {
    /// When requests of an open loop are due.
    public enum Arrivals: Sendable, Hashable {
        /// At equal intervals.
        case constant
        /// As independent streams would come: exponential intervals, drawn from `seed`, so that a run can be repeated.
        case poisson(seed: UInt64)
    }

    /// Whom to ask.
    public var target: PlatformTarget
    /// What to ask.
    public var question: CallbackQuestion
    /// How many different streams to ask for, in turn: `stream-0000`, `stream-0001` and so on, where `stream` is the
    /// question's. With 1, the question is asked as it is. From 1 to 100,000,000.
    public var streams = 1
    /// Requests per second, above 0 and up to 1,000,000, or `nil` for a closed loop.
    public var rate: Double?
    /// The shape of an open loop.
    public var arrivals = Arrivals.constant
    /// How many requests to measure, or `nil` for no limit.
    public var count: Int?
    /// How long to measure, or `nil` for no limit. Without a count either, the run lasts until it is cancelled.
    public var duration: Duration?
    /// How long to send before the measurement begins. What is sent in this time is not in the report.
    public var warmUp = Duration.zero
    /// The number of connections, from 1 to 60,000. They are opened before the first request, and again when the
    /// server closes them.
    public var connections = 1
    /// How long a request may take from its sending, connecting included. The platform waits 5 s.
    public var timeout = Duration.seconds(5)
    /// The key by which the platform signs its calls (`NotifyAuthKey`); nil when it was given none.
    public var authKey: String?

    /// Creates a plan that asks one question after the other on one connection; set the rest.
    public init(target: PlatformTarget, question: CallbackQuestion) {
        self.target = target
        self.question = question
    }

    func validate() throws(PlatformSimulatorError) {
        if let rate, !(rate > 0 && rate <= 1_000_000) {
            throw Self.invalid("the rate must be above 0 and at most 1000000 requests per second")
        }
        if let count, count < 1 {
            throw Self.invalid("the count must be at least 1")
        }
        if let duration, duration <= .zero {
            throw Self.invalid("the duration must be above 0")
        }
        guard warmUp >= .zero else {
            throw Self.invalid("the warm-up must not be negative")
        }
        guard (1...100_000_000).contains(streams) else {
            throw Self.invalid("the number of streams must be from 1 to 100000000")
        }
        guard (1...60_000).contains(connections) else {
            throw Self.invalid("the number of connections must be from 1 to 60000")
        }
        guard timeout > .zero else {
            throw Self.invalid("the timeout must be above 0")
        }
    }

    private static func invalid(_ message: String) -> PlatformSimulatorError {
        PlatformSimulatorError(.invalidPlan, message)
    }
}
