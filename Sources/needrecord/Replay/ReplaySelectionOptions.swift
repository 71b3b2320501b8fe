import ArgumentParser
import DecisionCore
import RuleFiles

/// Which callbacks are replayed, on the command line.
struct ReplaySelectionOptions: ParsableArguments {
    /// Where callbacks are read from.
    enum Source: String, ExpressibleByArgument, CaseIterable {
        case stream, trail
    }

    @Option(help: ArgumentHelp("From this long ago (5m, 1h, 2d), or from this time on.", valueName: "time"))
    var from: AuditTime?

    @Option(help: ArgumentHelp("Before this long ago, or before this time; now otherwise.", valueName: "time"))
    var to: AuditTime?

    @Option(help: ArgumentHelp("From this offset of the callbacks stream on.", valueName: "offset"))
    var fromOffset: Int64?

    @Option(help: ArgumentHelp("Before this offset of the callbacks stream.", valueName: "offset"))
    var toOffset: Int64?

    @Option(
        help: ArgumentHelp(
            "stream: every callback as it came in; trail: those that have an outcome in the audit trail.",
            valueName: "source"
        )
    )
    var source: Source?

    @Option(help: ArgumentHelp("The play domain; * and ? as in rules.", valueName: "pattern"))
    var domain: String?

    @Option(help: ArgumentHelp("The application.", valueName: "pattern"))
    var app: String?

    @Option(help: ArgumentHelp("The stream name.", valueName: "pattern"))
    var stream: String?

    @Option(
        help: ArgumentHelp(
            "Only what was answered for this cause: decided, timeout and so on, or unanswered. Several are all taken.",
            valueName: "cause"
        )
    )
    var cause: [String] = []

    @Option(help: ArgumentHelp("Only what this rule had won.", valueName: "id"))
    var rule: Int64?

    /// Whether anything is selected by.
    var isEmpty: Bool {
        from == nil && to == nil && fromOffset == nil && toOffset == nil && source == nil && domain == nil && app == nil
            && stream == nil && cause.isEmpty && rule == nil
    }

    func validate() throws {
        guard !isEmpty else { return }
        for (pattern, flag) in [(domain, "--domain"), (app, "--app"), (stream, "--stream")] {
            if let pattern, let fault = NamePattern.fault(in: pattern) { throw ValidationError("\(flag) \(fault)") }
        }
        let known = Outcome.Cause.names + [ReplaySelection.unanswered]
        for cause in cause where !known.contains(cause) {
            throw ValidationError("--cause must be one of \(known.joined(separator: ", "))")
        }
        if fromOffset != nil || toOffset != nil {
            guard let fromOffset, let toOffset, fromOffset >= 0, fromOffset < toOffset else {
                throw ValidationError("--from-offset must be there and before --to-offset")
            }
            guard from == nil, to == nil else { throw ValidationError("choose a span of time or of offsets") }
            guard source != .trail else { throw ValidationError("the audit trail has no offsets") }
        } else {
            guard from != nil else { throw ValidationError("say --from, or --from-offset and --to-offset") }
        }
        guard source != .trail || !cause.contains(ReplaySelection.unanswered) else {
            throw ValidationError("what is unanswered is not in the audit trail")
        }
    }

    /// The selection.
    ///
    /// - Throws: `ValidationError` when its end is not after its beginning.
    func selection(now: Timestamp) throws -> ReplaySelection {
        var selection = ReplaySelection(source: source == .trail ? .trail : .stream, span: try span(now: now))
        selection.domain = domain.flatMap(NamePattern.init)
        selection.app = app.flatMap(NamePattern.init)
        selection.stream = stream.flatMap(NamePattern.init)
        selection.causes = Set(cause)
        selection.rule = rule.map(Rule.ID.init(rawValue:))
        return selection
    }

    private func span(now: Timestamp) throws -> ReplaySelection.Span {
        if let fromOffset, let toOffset { return .offsets(fromOffset..<toOffset) }
        let start = from?.moment(now) ?? now
        let end = to?.moment(now) ?? now
        guard start < end else { throw ValidationError("--from \(start) is not before --to \(end)") }
        return .time(from: start, to: end)
    }
}
