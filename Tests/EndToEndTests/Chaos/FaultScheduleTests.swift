import Testing

struct FaultScheduleTests {
    @Test func `A schedule follows from its seed`() {
        let schedule = FaultSchedule(seed: 1, duration: .seconds(20))
        #expect(schedule == FaultSchedule(seed: 1, duration: .seconds(20)))
        #expect(schedule != FaultSchedule(seed: 2, duration: .seconds(20)))
        #expect(schedule.faults.count >= 7)
        #expect(schedule.faults.map(\.due) == schedule.faults.map(\.due).sorted())
    }

    @Test func `Every fault there is comes within a few hundred runs, and some are two at a time`() {
        let schedules = (0..<300).map { FaultSchedule(seed: $0, duration: .seconds(8)) }
        #expect(schedules.allSatisfy { !$0.faults.isEmpty })
        let actions = Set(schedules.flatMap(\.faults).map(\.action))
        #expect(actions == Set(Fault.Action.allCases))
        let subjects = Set(schedules.flatMap(\.faults).map(\.subject))
        #expect(subjects.count == Member.allCases.count + 2 + Way.all.count + 1)
        let both = schedules.count { schedule in
            zip(schedule.faults, schedule.faults.dropFirst()).contains { $0.due + $0.length > $1.due }
        }
        #expect(both >= 150)
    }

    @Test func `A subject has its rest between two faults`() {
        for seed: UInt64 in 0..<100 {
            let faults = FaultSchedule(seed: seed, duration: .seconds(60)).faults
            for (_, faults) in Dictionary(grouping: faults, by: \.subject) {
                for (first, second) in zip(faults, faults.dropFirst()) {
                    #expect(first.due + first.length + .milliseconds(500) <= second.due)
                }
            }
        }
    }

    @Test func `At a steady pace there is a fault every five seconds`() {
        let faults = FaultSchedule(seed: 3, duration: .seconds(600), pace: .steady).faults
        #expect((110...200).contains(faults.count))
    }
}
