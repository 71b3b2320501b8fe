internal import NIOCore

/// Which request is to be sent next, and when. All times are nanoseconds after the start of the run.
///
/// A request that is due and cannot be sent yet simply stays the next one, so however far the answers fall behind, the
/// backlog takes no memory.
package struct LoadSchedule: Sendable {
    /// One request of the run.
    package struct Request: Sendable, Equatable {
        /// The position in the run, from 0; says which stream it is about.
        package let number: Int
        /// When it should have been sent: its latency counts from here.
        package let intended: Int64
        /// Whether it is past the warm-up.
        package let isMeasured: Bool

        package init(number: Int, intended: Int64, isMeasured: Bool) {
            self.number = number
            self.intended = intended
            self.isMeasured = isMeasured
        }
    }

    package enum Step: Sendable, Equatable {
        case send(Request)
        case wait(until: Int64)
        case over
    }

    private var arrivals: ArrivalProcess?
    /// The next arrival of an open loop.
    private var nextArrival: Int64 = 0
    private let warmUp: Int64
    private let end: Int64
    /// When an open loop with an end stops sending what should have been sent before it.
    private let backlogEnd: Int64
    private var nextNumber = 0
    private var measuredLeft: Int
    private var isOver = false

    /// How many measured requests were due and never sent.
    package private(set) var notSentCount = 0

    package init(_ plan: LoadPlan) {
        warmUp = TimeAmount(plan.warmUp).nanoseconds
        end = plan.duration.map { TimeAmount(plan.warmUp + $0).nanoseconds } ?? .max
        backlogEnd = plan.duration.map { TimeAmount(plan.warmUp + $0 + plan.timeout).nanoseconds } ?? .max
        measuredLeft = plan.count ?? .max
        arrivals = plan.rate.map { ArrivalProcess(rate: $0, arrivals: plan.arrivals) }
        nextArrival = arrivals?.next() ?? 0
    }

    /// What to do when a connection is free at `now`.
    package mutating func next(at now: Int64) -> Step {
        let intended = arrivals == nil ? now : nextArrival
        guard !isOver, measuredLeft > 0, intended < end else {
            isOver = true
            return .over
        }
        guard now < backlogEnd else {
            dropBacklog()
            return .over
        }
        guard intended <= now else {
            return .wait(until: intended)
        }
        let request = Request(number: nextNumber, intended: intended, isMeasured: intended >= warmUp)
        nextNumber += 1
        if request.isMeasured {
            measuredLeft -= 1
        }
        nextArrival = arrivals?.next() ?? 0
        return .send(request)
    }

    private mutating func dropBacklog() {
        isOver = true
        while nextArrival < end, measuredLeft > 0 {
            if nextArrival >= warmUp {
                notSentCount += 1
                measuredLeft -= 1
            }
            nextArrival = arrivals?.next() ?? .max
        }
    }
}
