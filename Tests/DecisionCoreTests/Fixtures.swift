public import DecisionCore

extension StreamEvent {
    /// The example of the platform's documentation.
    static func example(
        domain: String = "test.com",
        app: String = "test123",
        stream: String = "teststream"
    ) -> StreamEvent {
        StreamEvent(
            id: EventID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001),
            receivedAt: .example,
            domain: domain,
            app: app,
            stream: stream,
            bitrate: 2000
        )
    }
}

extension Timestamp {
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
        _ effect: Effect = .skip
    ) -> Rule {
        Rule(
            id: ID(rawValue: id),
            priority: priority,
            domain: NamePattern(domain),
            app: NamePattern(app),
            stream: NamePattern(stream),
            effect: effect
        )
    }
}

extension Rule.ID: ExpressibleByIntegerLiteral {
    /// The rule with this number.
    public init(integerLiteral value: Int64) {
        self.init(rawValue: value)
    }
}
