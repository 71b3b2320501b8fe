import DequeModule
import TestSupport
import Testing

@testable import ReplyCorrelator

struct WaitingLimitTests {
    private typealias Limit = WaitingLimit<ScriptedInstant>

    /// A queue that is served in order, at a rate. The broker drops what has waited for four seconds; what is taken is
    /// replied to a while later, and is late when the four seconds have passed. Steps of ten milliseconds.
    private struct Scene {
        private static let budget = 400
        private static let service = 10

        var limit: Limit
        var time = 0
        /// When each that waits came, in steps.
        var queue: Deque<Int> = []
        var taken: Deque<(came: Int, reply: Int)> = []
        var offered = 0.0
        var served = 0.0
        // Of the last stretch.
        var decided = 0
        var late = 0
        var refused = 0
        var slowest = 0

        init(maximum: Int = 10_000) {
            limit = Limit(maximum: maximum, budget: .seconds(4))
        }

        /// - Parameters:
        ///   - rate: Questions a second.
        ///   - capacity: Decisions a second.
        mutating func run(seconds: Int, rate: Double, capacity: Double) {
            (decided, late, refused, slowest) = (0, 0, 0, 0)
            for _ in 0..<(seconds * 100) {
                time += 1
                while let came = queue.first, time - came >= Self.budget { queue.removeFirst() }
                offered += rate / 100
                while offered >= 1 {
                    offered -= 1
                    let waiting = queue.count + taken.count { time - $0.came < Self.budget }
                    if waiting < limit.value {
                        queue.append(time)
                    } else {
                        refused += 1
                        limit.refused(now: ScriptedInstant(time * 10))
                    }
                }
                served = min(served + capacity / 100, max(1, capacity / 10))
                while served >= 1, let came = queue.popFirst() {
                    served -= 1
                    taken.append((came, time + Self.service))
                }
                while let next = taken.first, next.reply <= time {
                    taken.removeFirst()
                    reply(after: time - next.came)
                }
            }
        }

        private mutating func reply(after wait: Int) {
            if wait < Self.budget {
                decided += 1
                slowest = max(slowest, wait)
            } else {
                late += 1
            }
            limit.replied(after: .milliseconds(wait * 10), isDecided: true, now: ScriptedInstant(time * 10))
        }
    }

    @Test func `While workers keep up, the limit is the maximum`() {
        var scene = Scene()
        scene.run(seconds: 20, rate: 950, capacity: 1_000)
        #expect(scene.limit.value == 10_000)
        #expect(scene.refused == 0)
        #expect(scene.late == 0)
    }

    @Test(arguments: [20.0, 300]) func `At three times what can be decided, as much is decided as can be`(
        _ capacity: Double
    ) {
        var scene = Scene()
        scene.run(seconds: 15, rate: 3 * capacity, capacity: capacity)
        scene.run(seconds: 30, rate: 3 * capacity, capacity: capacity)
        #expect(Double(scene.decided) >= 0.98 * 30 * capacity)
        #expect(scene.late == 0)
        #expect(scene.slowest <= 360)
        // Without it, nearly everything would be late.
        var unlimited = Scene()
        unlimited.limit = Limit(maximum: 10_000, budget: .seconds(1_000))
        unlimited.run(seconds: 25, rate: 3 * capacity, capacity: capacity)
        #expect(unlimited.decided < unlimited.late)
    }

    @Test func `When less is asked again, nothing is refused any more, within seconds`() {
        var scene = Scene()
        scene.run(seconds: 20, rate: 3_000, capacity: 1_000)
        #expect(scene.limit.isCongested)
        scene.run(seconds: 6, rate: 500, capacity: 1_000)
        #expect(!scene.limit.isCongested)
        scene.run(seconds: 10, rate: 500, capacity: 1_000)
        #expect(scene.refused == 0)
        #expect(scene.slowest <= 11)
    }

    @Test func `It follows a capacity that falls and rises`() {
        var scene = Scene()
        scene.run(seconds: 20, rate: 3_000, capacity: 1_000)
        scene.run(seconds: 10, rate: 3_000, capacity: 200)
        scene.run(seconds: 10, rate: 3_000, capacity: 200)
        #expect(scene.decided >= 1_900)
        #expect(scene.late == 0)
        scene.run(seconds: 10, rate: 3_000, capacity: 1_500)
        scene.run(seconds: 10, rate: 3_000, capacity: 1_500)
        #expect(scene.decided >= 14_700)
        #expect(scene.late == 0)
    }

    @Test func `A pause that the budget survives costs nobody an answer`() {
        var scene = Scene()
        scene.run(seconds: 10, rate: 100, capacity: 2_000)
        scene.run(seconds: 3, rate: 100, capacity: 0)
        #expect(scene.refused == 0)
        scene.run(seconds: 5, rate: 100, capacity: 2_000)
        #expect(scene.refused == 0)
        #expect(scene.late == 0)
        // All but those of the last tenth of a second.
        #expect(scene.decided >= 785)
    }

    @Test func `When everything comes back undecided after a long wait, hardly anything is let in`() {
        var limit = Limit(maximum: 10_000, budget: .seconds(4))
        for step in 0..<100 {
            limit.replied(after: .milliseconds(3_900), isDecided: false, now: ScriptedInstant(step * 10))
        }
        #expect(limit.value == Limit.least)
        // What is undecided at once, because there is no database, is no reason to refuse anything.
        limit = Limit(maximum: 10_000, budget: .seconds(4))
        for step in 0..<100 {
            limit.replied(after: .milliseconds(3), isDecided: false, now: ScriptedInstant(step * 10))
        }
        #expect(limit.value == 10_000)
    }

    @Test func `The limit is never above the maximum, nor so low that nothing is learned`() {
        var scene = Scene(maximum: 50)
        scene.run(seconds: 20, rate: 3_000, capacity: 1_000)
        #expect(scene.limit.value == 50)
        scene = Scene()
        scene.run(seconds: 20, rate: 30, capacity: 1)
        #expect(scene.limit.value == Limit.least)
    }
}
