/// What of the audit trail a question is about: a table or a view of migrations 0006, 0007 and 0009.
public enum AuditView: String, Sendable, CaseIterable {
    case outcomes
    case fallbacks = "fallbacks_by_minute"
    case times = "step_times_by_minute"
    case pushes
    case missingFiles = "missing_files"
    case unwantedFiles = "unwanted_files"
    case formatDifferences = "format_differences"
    case ruleChanges = "rule_changes"
    case unbalancedMinutes = "unbalanced_minutes"
    case replays
    case replayResults = "replay_results"

    /// The column that a time is asked by. Most begin with outcomes, whose days are found by `minute`.
    var timeColumn: String {
        switch self {
        case .unwantedFiles: "received_at"
        case .ruleChanges: "changed_at"
        case .replays: "started_at"
        case .replayResults: "replayed_at"
        default: "minute"
        }
    }

    /// The order of the rows.
    var order: String {
        switch self {
        case .outcomes: "minute DESC, received_at DESC, event_id DESC"
        case .fallbacks, .times: "minute, gateway"
        case .pushes: "first_at"
        case .missingFiles, .unwantedFiles, .formatDifferences: "received_at"
        case .ruleChanges: "revision, rule"
        case .unbalancedMinutes: "minute, gateway, cause"
        case .replays: "started_at"
        case .replayResults: "replayed_at, event_id"
        }
    }

    /// The columns that are shown unless one event is asked for.
    var columns: String {
        switch self {
        case .outcomes:
            "received_at, cause, need_record, domain, app, stream, rule, reason, revision, formats, gateway, answer_us, "
                + "publishes, event_id"
        default: "*"
        }
    }
}
