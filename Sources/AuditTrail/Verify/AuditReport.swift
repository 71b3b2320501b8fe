public import DecisionCore
public import StreamReading

/// What came of comparing the callbacks of a window with its outcomes.
public struct AuditReport: Sendable {
    /// What was compared.
    public var window: CallbackWindow
    /// The callbacks in the stream, each once.
    public var callbacks: Int
    /// How many of them were in the stream again: no fault, gateways publish again after a lost connection.
    public var repeated: Int
    /// The callbacks without an outcome that name no run of a gateway.
    public var unattributed: Int
    /// The messages of the stream whose id is none of an event.
    public var unreadable: Int
    /// The outcomes.
    public var outcomes: Int
    /// The outcomes of minutes that their gateways never told of.
    public var uncounted: Int
    /// What was found.
    public var findings: AuditFindings
    /// The messages that the auditor has missed since it began, because the stream's retention was faster.
    public var missedMessages: Int
    /// The messages that were in the outcomes stream and that no auditor had kept when patience ended.
    public var auditorBehind: Int
    /// Where the stream begins, when that is within the window and something was there before.
    public var streamBegins: StreamBeginning?
    /// Whether the stream was read to the end of the window.
    public var isStreamRead: Bool

    /// What is to be said of it all.
    public enum Verdict: String, Sendable {
        /// Every answered callback has its outcome, and every outcome is accounted for.
        case addsUp = "adds_up"
        /// The same but for callbacks of which it cannot be told yet.
        case open
        /// It does not add up, or not all of it could be compared.
        case differs
    }

    /// What is to be said of it all.
    public var verdict: Verdict {
        if findings.hasFaults || missedMessages > 0 || auditorBehind > 0 || streamBegins != nil || !isStreamRead {
            return .differs
        }
        return findings.openCount > 0 ? .open : .addsUp
    }
}

/// Where a stream begins that does not have all that it had.
public struct StreamBeginning: Sendable, Equatable {
    /// When its first message was made, as the message's event id says.
    public var time: Timestamp
    /// Whether that is the first message that the stream ever had: then somebody has deleted the stream and declared it
    /// anew. Otherwise its retention has removed what was before.
    public var isDeclaredAnew: Bool
}
