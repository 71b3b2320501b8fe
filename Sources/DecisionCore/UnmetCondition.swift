/// A condition of a rule that an event does not meet, with what was compared.
public struct UnmetCondition: Sendable, Hashable {
    /// Which condition.
    public var condition: Rule.Condition
    /// What the rule demands, in words.
    public var demanded: String
    /// What there was, in words.
    public var found: String

    /// Describes it.
    public init(_ condition: Rule.Condition, demanded: String, found: String) {
        self.condition = condition
        self.demanded = demanded
        self.found = found
    }
}

extension Rule {
    /// A condition of a rule, in the order in which they are looked at.
    public enum Condition: String, Sendable, Hashable, CaseIterable {
        case enabled
        case domain
        case app
        case stream
        case codec
        case bitrate
        case validity
        case schedule
        case percentage
    }

    /// The first condition that is not met; nil when the rule matches.
    ///
    /// - Parameters:
    ///   - event: The question.
    ///   - now: The civil clock.
    ///   - utcOffsets: As ``Facts/utcOffsets``. A schedule in a time zone that is not there is never open.
    public func unmetCondition(
        for event: StreamEvent,
        at now: Timestamp,
        utcOffsets: [String: Int] = [:]
    ) -> UnmetCondition? {
        if !isEnabled { return UnmetCondition(.enabled, demanded: "enabled", found: "not enabled") }
        if !domain.matches(event.domain) {
            return UnmetCondition(.domain, demanded: domain.text, found: event.domain)
        }
        if !app.matches(event.app) { return UnmetCondition(.app, demanded: app.text, found: event.app) }
        if !stream.matches(event.stream) {
            return UnmetCondition(.stream, demanded: stream.text, found: event.stream)
        }
        return unmetMediaCondition(for: event) ?? unmetTimeCondition(at: now, utcOffsets: utcOffsets)
            ?? unmetShare(of: event)
    }

    private func unmetMediaCondition(for event: StreamEvent) -> UnmetCondition? {
        if let codec, codec != event.codec {
            return UnmetCondition(.codec, demanded: codec.rawValue, found: event.codec?.rawValue ?? "unknown")
        }
        if let bitrate, !bitrate.contains(event.bitrate) {
            let found = event.bitrate.map { "\($0) kbit/s" } ?? "unknown"
            return UnmetCondition(.bitrate, demanded: bitrate.description, found: found)
        }
        return nil
    }

    private func unmetTimeCondition(at now: Timestamp, utcOffsets: [String: Int]) -> UnmetCondition? {
        if !validity.contains(now) {
            return UnmetCondition(.validity, demanded: validity.description, found: now.description)
        }
        guard let schedule else { return nil }
        guard let utcOffset = utcOffsets[schedule.timeZone] else {
            return UnmetCondition(.schedule, demanded: schedule.description, found: "unknown time zone")
        }
        if schedule.isOpen(at: now, utcOffset: utcOffset) { return nil }
        let found = WallClock(now, utcOffset: utcOffset).description
        return UnmetCondition(.schedule, demanded: schedule.description, found: found)
    }

    private func unmetShare(of event: StreamEvent) -> UnmetCondition? {
        guard let share, !share.contains(event) else { return nil }
        let place = StreamShare(basisPoints: StreamShare.place(of: event))?.description ?? ""
        return UnmetCondition(.percentage, demanded: "\(share) %", found: "the stream's place is \(place) %")
    }
}
