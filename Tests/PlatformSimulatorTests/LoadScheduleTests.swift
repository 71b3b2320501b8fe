internal import PlatformSimulator
internal import Testing

@Suite struct LoadScheduleTests {
    private static func plan(_ change: (inout LoadPlan) -> Void) throws -> LoadPlan {
        var plan = LoadPlan(
            target: try PlatformTarget(url: "http://127.0.0.1"),
            question: CallbackQuestion(app: "a", domain: "d", stream: "s")
        )
        change(&plan)
        return plan
    }

    /// The times at which the requests of a run are due when each is sent in time.
    private static func intendedTimes(_ plan: LoadPlan) -> [Int64] {
        var schedule = LoadSchedule(plan)
        var now: Int64 = 0
        var times: [Int64] = []
        while true {
            switch schedule.next(at: now) {
            case .send(let request): times.append(request.intended)
            case .wait(let until): now = until
            case .over: return times
            }
        }
    }

    @Test func `a constant rate is due at equal intervals and does not drift`() throws {
        let times = Self.intendedTimes(try Self.plan { ($0.rate, $0.duration) = (3, .seconds(100)) })
        #expect(times.count == 300)
        #expect(times.prefix(4) == [0, 333_333_333, 666_666_666, 1_000_000_000])
        #expect(times.last == 99_666_666_666)
    }

    @Test func `random arrivals have the rate and the spread of a Poisson process`() throws {
        let plan = try Self.plan { ($0.rate, $0.count, $0.arrivals) = (1_000, 20_000, .poisson(seed: 7)) }
        let times = Self.intendedTimes(plan)
        let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e6 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        #expect(abs(mean - 1) < 0.05)
        #expect(abs(variance - 1) < 0.1)
    }

    @Test func `a seed repeats a run, another seed does not`() throws {
        func times(seed: UInt64) throws -> [Int64] {
            Self.intendedTimes(try Self.plan { ($0.rate, $0.count, $0.arrivals) = (100, 50, .poisson(seed: seed)) })
        }
        #expect(try times(seed: 1) == times(seed: 1))
        #expect(try times(seed: 1) != times(seed: 2))
    }

    @Test func `a request that could not be sent keeps the time at which it was due`() throws {
        var schedule = LoadSchedule(try Self.plan { ($0.rate, $0.count) = (10, 3) })
        #expect(schedule.next(at: 0) == .send(.init(number: 0, intended: 0, isMeasured: true)))
        #expect(schedule.next(at: 1) == .wait(until: 100_000_000))
        #expect(schedule.next(at: 900_000_000) == .send(.init(number: 1, intended: 100_000_000, isMeasured: true)))
        #expect(schedule.next(at: 900_000_000) == .send(.init(number: 2, intended: 200_000_000, isMeasured: true)))
        #expect(schedule.next(at: 900_000_000) == .over)
    }

    @Test func `a closed loop is always due`() throws {
        var schedule = LoadSchedule(try Self.plan { $0.count = 2 })
        #expect(schedule.next(at: 5) == .send(.init(number: 0, intended: 5, isMeasured: true)))
        #expect(schedule.next(at: 9) == .send(.init(number: 1, intended: 9, isMeasured: true)))
        #expect(schedule.next(at: 9) == .over)
    }

    @Test func `the warm-up comes before the count and the duration`() throws {
        var schedule = LoadSchedule(try Self.plan { ($0.rate, $0.count, $0.warmUp) = (1, 1, .seconds(2)) })
        let late: Int64 = 10_000_000_000
        #expect(schedule.next(at: late) == .send(.init(number: 0, intended: 0, isMeasured: false)))
        #expect(schedule.next(at: late) == .send(.init(number: 1, intended: 1_000_000_000, isMeasured: false)))
        #expect(schedule.next(at: late) == .send(.init(number: 2, intended: 2_000_000_000, isMeasured: true)))
        #expect(schedule.next(at: late) == .over)

        let plan = try Self.plan { ($0.rate, $0.duration, $0.warmUp) = (1, .seconds(3), .seconds(2)) }
        #expect(Self.intendedTimes(plan).count == 5)
    }

    @Test func `what is still waiting one timeout after the end is counted, not sent`() throws {
        let plan = try Self.plan {
            ($0.rate, $0.duration, $0.warmUp, $0.timeout) = (10, .seconds(2), .seconds(1), .seconds(5))
        }
        var schedule = LoadSchedule(plan)
        for number in 0..<15 {
            let intended = Int64(number) * 100_000_000
            let request = LoadSchedule.Request(number: number, intended: intended, isMeasured: number >= 10)
            #expect(schedule.next(at: 7_999_999_999) == .send(request))
        }
        #expect(schedule.next(at: 8_000_000_000) == .over)
        #expect(schedule.notSentCount == 15)
        #expect(schedule.next(at: 8_000_000_000) == .over)
        #expect(schedule.notSentCount == 15)
    }
}
