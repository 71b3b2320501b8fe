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
    /// Where the stream begins, when that is within the window.
    public var streamBegins: Timestamp?
    /// Whether the stream was read to the end of the window.
    public var isStreamRead: Bool

    /// Whether every answered callback has its outcome, and every outcome is accounted for.
    public var addsUp: Bool {
        !findings.hasFaults && missedMessages == 0 && auditorBehind == 0 && streamBegins == nil && isStreamRead
    }
}
