internal import DecisionCore

/// Counts, for each minute, the callbacks of one run of a gateway and what they were answered.
///
/// A pure state machine: it reads no clock. A minute is told of once it is over and every callback of it is answered:
///
///     (none) --received--> open --answered, the last one, and the minute is over--> told --forgotten--> (none)
///                           ^                                                        |
///                           '---- received, or nobody could be told of it ----------'
///
/// Should anything happen to a minute after that, because a process was paused at the worst moment, it is told of again
/// with its new totals, which replace the old ones.
struct MinuteLedger {
    private struct Page {
        var received = 0
        var outcomes: [String: Int] = [:]
        var unkept = 0
        var open = 0
        var isTold = false
    }

    /// For how long after its end a minute is remembered once it was told of.
    static let memory = Duration.seconds(600)
    /// For how long after its end a minute is waited for.
    static let patience = Duration.seconds(1)

    private let run: GatewayRun
    private var pages: [Timestamp: Page] = [:]

    init(run: GatewayRun) {
        self.run = run
    }

    /// A callback was accepted.
    ///
    /// - Parameter minute: That of its id.
    mutating func received(_ minute: Timestamp) {
        change(minute) { page in
            page.received += 1
            page.open += 1
        }
    }

    /// A callback got its answer.
    ///
    /// - Parameters:
    ///   - minute: That of its id.
    ///   - cause: What the answer rests on, as ``Outcome/Cause/name``.
    ///   - isKept: Whether its outcome is, or will be, in the audit trail.
    mutating func answered(_ minute: Timestamp, cause: String, isKept: Bool) {
        change(minute) { page in
            page.open -= 1
            page.outcomes[cause, default: 0] += 1
            if !isKept { page.unkept += 1 }
        }
    }

    /// What there is to tell: the minutes that are over and done with, in order.
    mutating func close(now: Timestamp) -> [GatewayMinute] {
        let over = now.advanced(by: .seconds(-60) - Self.patience)
        // Before anything is told of: nobody may be there to be told, and then it is to be told of again.
        let forgotten = over.advanced(by: .zero - Self.memory)
        pages = pages.filter { $0.key > forgotten || !$0.value.isTold }
        return tell { minute, page in minute <= over && page.open == 0 }
    }

    /// What there is to tell when nothing comes any more, in order.
    mutating func closeAll() -> [GatewayMinute] {
        tell { _, page in page.open == 0 }
    }

    /// Nobody could be told of this minute, and it is told of again.
    mutating func notTold(_ minute: Timestamp) {
        pages[minute]?.isTold = false
    }

    private mutating func change(_ minute: Timestamp, _ change: (inout Page) -> Void) {
        change(&pages[minute, default: Page()])
        pages[minute]?.isTold = false
    }

    private mutating func tell(_ isDone: (Timestamp, Page) -> Bool) -> [GatewayMinute] {
        var told: [GatewayMinute] = []
        for minute in pages.keys.sorted() {
            guard let page = pages[minute], !page.isTold, isDone(minute, page) else { continue }
            pages[minute]?.isTold = true
            told.append(
                GatewayMinute(
                    run: run,
                    minute: minute,
                    received: page.received,
                    outcomes: page.outcomes,
                    unkept: page.unkept
                )
            )
        }
        return told
    }
}
