import AuditTrail
import DecisionCore
import StreamReading
import Wire

extension AuditReport {
    /// For a person.
    var text: String {
        var lines = [(label: "window", text: "\(window.from) to \(window.to)")]
        lines.append(("callbacks", "\(callbacks)" + (repeated > 0 ? ", \(repeated) in the stream again" : "")))
        lines.append(("outcomes", "\(outcomes)" + (uncounted > 0 ? ", \(uncounted) in minutes nobody counted" : "")))
        if unattributed > 0 { lines.append(("unattributed", "\(unattributed) without an outcome or a gateway run")) }
        if unreadable > 0 { lines.append(("unreadable", "\(unreadable) messages without an event id")) }
        for kind in AuditFinding.Kind.allCases {
            lines.append((kind.rawValue, String(findings.counts[kind, default: 0])))
        }
        var text = TextTable.aligned(lines)
        if !findings.listed.isEmpty {
            text += "\n\n"
            text +=
                TextTable(
                    header: ["FINDING", "MINUTE", "EVENT", "GATEWAY", "RUN", "CAUSE", "COUNTED", "KEPT"],
                    rows: findings.listed.map(\.cells)
                ).text
            let hidden = findings.counts.values.reduce(0, +) - findings.listed.count
            if hidden > 0 { text += "\nand \(hidden) more" }
        }
        for trouble in troubles { text += "\n\n\(trouble)" }
        switch verdict {
        case .addsUp: text += "\n\nIt adds up."
        case .open:
            let count = findings.openCount
            text +=
                "\n\nIt adds up, but for \(count) \(count == 1 ? "callback" : "callbacks") of which it cannot be told yet."
        case .differs: text += "\n\nIt does not add up."
        }
        return text
    }

    /// Why it does not add up, besides what was found, and what to do about what is open.
    private var troubles: [String] {
        var troubles: [String] = []
        if let streamBegins {
            let cause =
                streamBegins.isDeclaredAnew ? "somebody has deleted it and declared it anew" : "by its retention"
            troubles.append(
                "the callbacks stream begins at \(streamBegins.time), what was before is gone (\(cause)): choose a later --from"
            )
        }
        if findings.counts[.silent, default: 0] > 0 {
            troubles.append(
                "silent: the gateway was killed and has not been heard of again; start it under its name and on its "
                    + "journal, which may have what it answered"
            )
        }
        if findings.counts[.recent, default: 0] > 0 {
            troubles.append("recent: younger than two minutes, the outcomes may be on their way; ask again")
        }
        if !isStreamRead { troubles.append("the callbacks stream fell silent before its end") }
        if auditorBehind > 0 {
            troubles.append("the auditor is \(auditorBehind) messages behind: is one running?")
        }
        if missedMessages > 0 {
            troubles.append("the auditor has missed \(missedMessages) messages that the outcomes stream has removed")
        }
        return troubles
    }

    /// For a program.
    var json: String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("adds_up", verdict == .addsUp)
            writer.member("verdict", verdict.rawValue)
            writer.member("from", window.from.description)
            writer.member("to", window.to.description)
            writer.member("callbacks", callbacks)
            writer.member("repeated", repeated)
            writer.member("unattributed", unattributed)
            writer.member("unreadable", unreadable)
            writer.member("outcomes", outcomes)
            writer.member("uncounted", uncounted)
            writer.member("missed_messages", missedMessages)
            writer.member("auditor_behind", auditorBehind)
            writer.member("stream_read", isStreamRead)
            if let streamBegins {
                writer.member("stream_begins", streamBegins.time.description)
                writer.member("stream_declared_anew", streamBegins.isDeclaredAnew)
            }
            writer.member(
                "counts",
                object: { writer in
                    for kind in AuditFinding.Kind.allCases {
                        writer.member(named: kind.rawValue, findings.counts[kind, default: 0])
                    }
                }
            )
            writer.member("findings", array: { for finding in findings.listed { $0.element(finding) } })
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension AuditFinding {
    fileprivate var cells: [String] {
        [
            kind.rawValue, minute.description, event?.description ?? "-", run?.gateway ?? "-",
            run?.id.description ?? "-", cause ?? "-", counted.map(String.init) ?? "-", kept.map(String.init) ?? "-",
        ]
    }
}

extension JSONWriter {
    fileprivate mutating func element(_ finding: AuditFinding) {
        object { writer in
            writer.member("kind", finding.kind.rawValue)
            writer.member("minute", finding.minute.description)
            if let event = finding.event { writer.member("event", event.description) }
            if let run = finding.run {
                writer.member("gateway", run.gateway)
                writer.member("gateway_run", run.id.description)
            }
            if let cause = finding.cause { writer.member("cause", cause) }
            if let counted = finding.counted { writer.member("counted", counted) }
            if let kept = finding.kept { writer.member("kept", kept) }
        }
    }
}
