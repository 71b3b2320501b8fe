public import DecisionCore

extension StreamEvent {
    /// The example of the platform's documentation.
    static func example(
        domain: String = "test.com",
        app: String = "test123",
        stream: String = "teststream",
        bitrate: Int? = 2000,
        codec: VideoCodec? = .h264
    ) -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001),
            receivedAt: .example,
            domain: domain,
            app: app,
            stream: stream,
            bitrate: bitrate,
            codec: codec
        )
    }
}

extension Timestamp {
    /// 2023-11-14T22:13:20Z, a Tuesday.
    static let example = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
}

extension Rule {
    /// A rule as it is written: `*` for any name.
    static func example(
        _ id: Int64,
        priority: Int = 0,
        domain: String = "*",
        app: String = "*",
        stream: String = "*",
        quota: String? = nil,
        _ effect: Effect = .skip
    ) -> Rule {
        Rule(
            id: ID(rawValue: id),
            priority: priority,
            domain: .written(domain),
            app: .written(app),
            stream: .written(stream),
            effect: effect,
            quota: quota
        )
    }
}

extension NamePattern {
    /// The pattern of a test, which is well-formed.
    static func written(_ text: String) -> NamePattern {
        NamePattern(text)!
    }
}

extension Rule.ID: ExpressibleByIntegerLiteral {
    /// The rule with this number.
    public init(integerLiteral value: Int64) {
        self.init(rawValue: value)
    }
}
