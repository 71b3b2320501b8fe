import ArgumentParser
import BusinessState
import DecisionCore
import RuleFiles

/// Which set.
struct RulesSetOptions: ParsableArguments {
    @Option(help: "The rule set.")
    var ruleSet: String?

    func validate() throws {
        guard let ruleSet, !Label.isSpelled(ruleSet) else { return }
        throw ValidationError("--rule-set must be \(Label.spelling)")
    }
}

/// As the rules stood when.
struct RulesMomentOptions: ParsableArguments {
    @Option(help: "As they stood at this revision.")
    var revision: Int64?

    @Option(help: ArgumentHelp("As they stood at this time, such as 2026-12-01T08:00+08:00.", valueName: "time"))
    var at: String?

    /// When; nil for now.
    var moment: RuleMoment? {
        if let revision { return .revision(revision) }
        return at.flatMap(Timestamp.init(iso8601:)).map(RuleMoment.time)
    }

    func validate() throws {
        if revision != nil, at != nil { throw ValidationError("--revision and --at do not go together") }
        if let at, Timestamp(iso8601: at) == nil {
            throw ValidationError("--at must be \(Timestamp.iso8601Spelling)")
        }
    }
}

/// How a change is made.
struct RulesChangeOptions: ParsableArguments {
    @Option(help: "What the change is for; it stays with the revision. Up to 1000 bytes.")
    var note = ""

    @Option(help: ArgumentHelp("Change nothing unless the rules are still at this revision.", valueName: "revision"))
    var ifRevision: Int64?

    @Flag(help: "Have the database check everything, say what would be changed, and change nothing.")
    var dryRun = false

    var request: RevisionRequest {
        RevisionRequest(note: note, expectedRevision: ifRevision, isTrial: dryRun)
    }

    func validate() throws {
        guard note.utf8.count <= 1_000 else { throw ValidationError("--note may have up to 1000 bytes") }
    }
}
