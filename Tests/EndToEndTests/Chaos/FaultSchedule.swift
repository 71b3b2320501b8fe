import TestSupport

/// Which faults there are when. The same seed, duration and pace make the same schedule.
struct FaultSchedule: Sendable, Equatable {
    /// How soon one fault follows another, in milliseconds.
    struct Pace: Sendable, Equatable {
        let gap: ClosedRange<Int>

        /// For short runs.
        static let dense = Pace(gap: 700...3_000)
        /// One every five seconds.
        static let steady = Pace(gap: 5_000...5_000)
    }

    /// In the order in which they are due. One in three has another beside it.
    let faults: [Fault]

    init(seed: UInt64, duration: Duration, pace: Pace = .dense) {
        var random = SeededGenerator(seed: seed)
        var busyUntil: [FaultSubject: Int] = [:]
        var faults: [Fault] = []
        let end = Int(duration / .milliseconds(1))
        var due = Int.random(in: 200...1_200, using: &random)
        while due < end {
            for beside in 0..<(Int.random(in: 0..<3, using: &random) == 0 ? 2 : 1) {
                let due = due + beside * Int.random(in: 0...500, using: &random)
                guard let (subject, action) = Self.draw(at: due, busyUntil, using: &random) else { continue }
                let length = Int.random(in: 100...Self.longest(action), using: &random)
                busyUntil[subject] = due + length + Self.recovery(subject)
                faults.append(
                    Fault(
                        subject: subject,
                        action: action,
                        due: .milliseconds(due),
                        length: .milliseconds(length),
                        strength: .random(in: 0...1, using: &random)
                    )
                )
            }
            due += Int.random(in: pace.gap, using: &random)
        }
        self.faults = faults.sorted { $0.due < $1.due }
    }

    /// What can befall a subject.
    static func actions(_ subject: FaultSubject) -> [Fault.Action] {
        switch subject {
        case .member(let member):
            [.kill, .pause, .restart] + (Member.unsteady.contains(member) ? [.stepClock] : [])
        case .server(.rabbitmq):
            [
                .kill, .pause, .restart, .memoryAlarm, .diskAlarm, .fullQueue, .deletedQueue, .changedQueue,
                .unboundQueue,
                .refusedLogin,
            ]
        case .server(.postgres): [.kill, .pause, .restart, .refusedLogin, .endedSessions]
        // Those of the cluster have tests of their own.
        case .server: []
        case .way(let way): [.cut, .stall, .slow, .truncate] + (way.end == .broker ? [.garble] : [])
        case .operators: [.replay, .publishRules]
        }
    }

    private static func draw(
        at due: Int,
        _ busyUntil: [FaultSubject: Int],
        using random: inout SeededGenerator
    ) -> (FaultSubject, Fault.Action)? {
        // By kind first: there are more ways than servers, and what befalls a server is worse.
        for _ in 0..<20 {
            let subject: FaultSubject =
                switch Int.random(in: 0..<10, using: &random) {
                case 0...2: .member(Member.allCases.randomElement(using: &random) ?? .auditor)
                case 3...5: .server(Bool.random(using: &random) ? .rabbitmq : .postgres)
                case 6...8: .way(Way.all.randomElement(using: &random) ?? Way.all[0])
                default: .operators
                }
            if due >= busyUntil[subject] ?? 0, let action = actions(subject).randomElement(using: &random) {
                return (subject, action)
            }
        }
        return nil
    }

    /// The longest that a fault lasts, in milliseconds. Some are longer than a budget of two seconds.
    private static func longest(_ action: Fault.Action) -> Int {
        switch action {
        case .kill, .restart: 1_500
        case .endedSessions, .truncate, .garble, .deletedQueue, .replay, .publishRules: 200
        default: 3_000
        }
    }

    /// How long after its end a subject takes until another fault can find it at work, in milliseconds.
    private static func recovery(_ subject: FaultSubject) -> Int {
        switch subject {
        case .member: 2_000
        case .server: 5_000
        case .way, .operators: 500
        }
    }
}
