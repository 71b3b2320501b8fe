import DecisionCore
import Testing

@Suite struct UnmetConditionTests {
    /// A rule that the example meets in every condition.
    private static func strictest() throws -> Rule {
        let window = try #require(WeeklySchedule.Window("tue 22:00-23:00"))
        return Rule(
            id: 1,
            domain: .written("test.com"),
            app: .written("test*"),
            stream: .written("teststrea?"),
            codec: .h264,
            bitrate: BitrateRange(minimum: 2_000, maximum: 2_000),
            validity: try #require(Validity(from: .example, until: Timestamp.example.advanced(by: .milliseconds(1)))),
            schedule: WeeklySchedule(timeZone: "UTC", windows: [window]),
            share: StreamShare(basisPoints: 9_654),
            effect: .skip
        )
    }

    private static let utcOffsets = ["UTC": 0, "Asia/Kolkata": 19_800]

    private static func unmet(_ rule: Rule, _ event: StreamEvent = .example(), at now: Timestamp = .example)
        -> UnmetCondition?
    {
        rule.unmetCondition(for: event, at: now, utcOffsets: utcOffsets)
    }

    @Test func `A rule of which every condition is met matches`() throws {
        #expect(Self.unmet(try Self.strictest()) == nil)
        #expect(Self.unmet(.example(1)) == nil)
    }

    @Test func `A rule that is not enabled matches nothing`() throws {
        var rule = try Self.strictest()
        rule.isEnabled = false
        #expect(Self.unmet(rule) == UnmetCondition(.enabled, demanded: "enabled", found: "not enabled"))
    }

    @Test func `A name says what was demanded and what came`() throws {
        let rule = try Self.strictest()
        #expect(
            Self.unmet(rule, .example(domain: "Test.com"))
                == UnmetCondition(.domain, demanded: "test.com", found: "Test.com")
        )
        #expect(Self.unmet(rule, .example(app: "tes")) == UnmetCondition(.app, demanded: "test*", found: "tes"))
        #expect(
            Self.unmet(rule, .example(stream: "teststrea"))
                == UnmetCondition(.stream, demanded: "teststrea?", found: "teststrea")
        )
        #expect(
            Self.unmet(Rule(id: 1, stream: .exact("a*"), effect: .skip), .example(stream: "ab"))
                == UnmetCondition(.stream, demanded: "a\\*", found: "ab")
        )
    }

    @Test(arguments: [(.h265, "h265"), (nil, "unknown")] as [(VideoCodec?, String)])
    func `A rule for a codec does not match another one, nor an unknown one`(codec: VideoCodec?, found: String) throws {
        #expect(
            Self.unmet(try Self.strictest(), .example(codec: codec))
                == UnmetCondition(.codec, demanded: "h264", found: found)
        )
    }

    @Test(arguments: [(1_999, "1999 kbit/s"), (2_001, "2001 kbit/s"), (nil, "unknown")] as [(Int?, String)])
    func `A rule for bit rates does not match another one, nor an unknown one`(bitrate: Int?, found: String) throws {
        #expect(
            Self.unmet(try Self.strictest(), .example(bitrate: bitrate))
                == UnmetCondition(.bitrate, demanded: "2000..2000 kbit/s", found: found)
        )
    }

    @Test(arguments: [(-1, "2023-11-14T22:13:19.999Z"), (1, "2023-11-14T22:13:20.001Z")])
    func `A rule out of its validity says what the clock was`(milliseconds: Int, found: String) throws {
        #expect(
            Self.unmet(try Self.strictest(), at: Timestamp.example.advanced(by: .milliseconds(milliseconds)))
                == UnmetCondition(
                    .validity,
                    demanded: "2023-11-14T22:13:20.000Z..2023-11-14T22:13:20.001Z",
                    found: found
                )
        )
    }

    @Test func `A rule out of its hours says what the wall clock of its time zone showed`() throws {
        let windows = try ["mon-fri 09:00-17:00", "sat,sun 22:00-02:00"].map { text in
            try #require(WeeklySchedule.Window(text))
        }
        var rule = Rule.example(1)
        rule.schedule = WeeklySchedule(timeZone: "Asia/Kolkata", windows: windows)
        #expect(
            Self.unmet(rule)
                == UnmetCondition(
                    .schedule,
                    demanded: "mon-fri 09:00-17:00; sat,sun 22:00-02:00 Asia/Kolkata",
                    found: "wed 03:43"
                )
        )
        #expect(Self.unmet(rule, at: Timestamp.example.advanced(by: .seconds(6 * 3_600))) == nil)
    }

    @Test func `A schedule in a time zone that nobody knows is never open`() throws {
        var rule = Rule.example(1)
        let always = try #require(WeeklySchedule.Window("mon-sun 00:00-24:00"))
        rule.schedule = WeeklySchedule(timeZone: "Mars/Olympus_Mons", windows: [always])
        #expect(
            Self.unmet(rule)
                == UnmetCondition(
                    .schedule,
                    demanded: "mon-sun 00:00-24:00 Mars/Olympus_Mons",
                    found: "unknown time zone"
                )
        )
    }

    @Test(
        arguments: [
            (9_653, "96.53 %"), (9_600, "96 %"), (1_250, "12.5 %"), (0, "0 %"),
        ]
    )
    func `A rule for a share says where the stream stands`(basisPoints: Int, demanded: String) throws {
        var rule = try Self.strictest()
        rule.share = StreamShare(basisPoints: basisPoints)
        #expect(
            Self.unmet(rule)
                == UnmetCondition(.percentage, demanded: demanded, found: "the stream's place is 96.53 %")
        )
    }

    /// Each makes one condition unmet, in the order in which they are looked at.
    private static let spoilers: [(Rule.Condition, @Sendable (inout Rule) -> Void)] = [
        (.enabled, { $0.isEnabled = false }),
        (.domain, { $0.domain = .exact("other.com") }),
        (.app, { $0.app = .exact("other") }),
        (.stream, { $0.stream = .exact("other") }),
        (.codec, { $0.codec = .h265 }),
        (.bitrate, { $0.bitrate = BitrateRange(minimum: 3_000, maximum: nil) }),
        (.validity, { $0.validity = Validity(from: nil, until: .example)! }),
        (.schedule, { $0.schedule = WeeklySchedule(timeZone: "Nowhere", windows: $0.schedule!.windows) }),
        (.percentage, { $0.share = StreamShare(basisPoints: 0) }),
    ]

    @Test func `The first condition that is not met is named, whichever others are not`() throws {
        #expect(Self.spoilers.map(\.0) == Rule.Condition.allCases)
        for chosen in 1..<1 << Self.spoilers.count {
            var rule = try Self.strictest()
            let spoilers = Self.spoilers.indices.filter { chosen >> $0 & 1 == 1 }
            for index in spoilers { Self.spoilers[index].1(&rule) }
            #expect(Self.unmet(rule)?.condition == Self.spoilers[spoilers[0]].0)
        }
    }

    @Test func `The conditions have the names that logs and messages use`() {
        #expect(
            Rule.Condition.allCases.map(\.rawValue) == [
                "enabled", "domain", "app", "stream", "codec", "bitrate", "validity", "schedule", "percentage",
            ]
        )
    }
}
