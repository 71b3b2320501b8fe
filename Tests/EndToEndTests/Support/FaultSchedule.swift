import TestSupport

/// Which parts of an installation are killed when. The same seed and duration make the same schedule.
struct FaultSchedule: Sendable, Equatable {
    /// What can be killed.
    enum Victim: String, CaseIterable, Sendable {
        case auditor
        case firstGateway
        case secondGateway
        case rabbitmq
        case postgres

        /// The shortest and the longest time between two deaths of one victim, in milliseconds: a server takes seconds to
        /// be there again.
        fileprivate var pauses: ClosedRange<Int> {
            switch self {
            case .auditor, .firstGateway, .secondGateway: 500...6_000
            case .rabbitmq, .postgres: 4_000...20_000
            }
        }
    }

    /// One kill.
    struct Fault: Sendable, Equatable {
        /// How long after the start it is due.
        let due: Duration
        /// For how long the victim stays dead before it is started again.
        let downtime: Duration
    }

    /// The kills of each victim, in order: at least one each.
    let faults: [Victim: [Fault]]

    init(seed: UInt64, duration: Duration) {
        var random = SeededGenerator(seed: seed)
        var faults: [Victim: [Fault]] = [:]
        let end = Int(duration / .milliseconds(1))
        for victim in Victim.allCases {
            // The first comes in the first half whatever the duration.
            var due = Int.random(in: 0...max(1, end / 2), using: &random)
            repeat {
                let downtime = Int.random(in: 0...1_000, using: &random)
                faults[victim, default: []].append(
                    Fault(due: .milliseconds(due), downtime: .milliseconds(downtime))
                )
                due += downtime + Int.random(in: victim.pauses, using: &random)
            } while due < end
        }
        self.faults = faults
    }
}
