extension LoadReport {
    /// The report as one JSON object on one line. Times are in the unit their name ends with; a rate that was not
    /// planned is `null`.
    public func json() -> String {
        let failures = failuresByFrequency.map { "\"\($0.reason.rawValue)\":\($0.count)" }.joined(separator: ",")
        let members = [
            "\"sent\":\(sent)",
            "\"answered\":\(answers.total)",
            "\"record\":\(answers.record)",
            "\"do_not_record\":\(answers.doNotRecord)",
            "\"do_not_record_by_omission\":\(answers.doNotRecordByOmission)",
            "\"failed\":\(failureCount)",
            "\"failures\":{\(failures)}",
            "\"warm_up\":\(warmUpCount)",
            "\"interrupted\":\(isInterrupted)",
            "\"connections\":\(connections)",
            "\"connections_established\":\(connectionsEstablished)",
            "\"planned_per_second\":\(plannedRate?.fixed(digits: 3) ?? "null")",
            "\"answered_per_second\":\(achievedRate.fixed(digits: 3))",
            "\"elapsed_ms\":\((elapsed / .milliseconds(1)).fixed(digits: 3))",
            "\"latency_us\":\(latency.json)",
        ]
        return "{" + members.joined(separator: ",") + "}"
    }
}

extension LatencySummary {
    /// The values by name; `null` for each if there are none.
    fileprivate var json: String {
        let values = [("mean", mean), ("p50", p50), ("p90", p90), ("p99", p99), ("p99_9", p999), ("max", max)]
        let members = values.map { "\"\($0.0)\":\(count > 0 ? "\($0.1)" : "null")" }
        return "{\"count\":\(count)," + members.joined(separator: ",") + "}"
    }
}
