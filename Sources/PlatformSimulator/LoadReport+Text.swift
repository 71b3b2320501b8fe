extension LoadReport {
    /// The report as a table for a person.
    public func text() -> String {
        var lines: [String] = []
        func row(_ name: String, _ value: String, _ remark: String = "") {
            let padding = String(repeating: " ", count: Swift.max(1, 36 - name.count - value.count))
            lines.append("  " + name + padding + value + (remark.isEmpty ? "" : "  " + remark))
        }

        lines.append("Requests" + (isInterrupted ? " (interrupted)" : ""))
        row("sent", "\(sent)", warmUpCount > 0 ? "after \(warmUpCount) to warm up" : "")
        row("answered", "\(answers.total)", "in \((elapsed / .seconds(1)).fixed(digits: 2)) s")
        row("answers per second", achievedRate.fixed(digits: 1), plannedRate.map { "of \($0.fixed(digits: 1))" } ?? "")
        row("connections", "\(connections)", "established \(connectionsEstablished) times")
        lines.append("Answers")
        row("record", "\(answers.record)")
        row("do not record", "\(answers.doNotRecord)")
        if answers.doNotRecordByOmission > 0 {
            row("without NeedRecord", "\(answers.doNotRecordByOmission)", "(do not record)")
        }
        row("failed", "\(failureCount)")
        for (reason, count) in failuresByFrequency {
            row("  " + reason.rawValue, "\(count)")
        }
        lines.append("Latency in ms, from when a request was " + (plannedRate == nil ? "sent" : "due"))
        row("p50", latency.p50.milliseconds)
        row("p90", latency.p90.milliseconds)
        row("p99", latency.p99.milliseconds)
        row("p99.9", latency.p999.milliseconds)
        row("max", latency.max.milliseconds)
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Int {
    /// Microseconds as milliseconds.
    fileprivate var milliseconds: String { (Double(self) / 1_000).fixed(digits: 3) }
}
