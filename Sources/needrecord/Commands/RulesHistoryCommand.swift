import ArgumentParser
import BusinessState
import DecisionCore
import Logging
import Wire

struct RulesHistoryCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Say who changed rules when, what for, and how many; or how one rule has changed."
    )

    @Option(help: "How many revisions, the newest first.")
    var limit = 20

    @Option(help: ArgumentHelp("All that became of this rule, the oldest first.", valueName: "id"))
    var rule: Int64?

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be 1 to 100000") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        guard let rule else {
            let revisions = try await RulesSession.run(settings, as: .reader, logger: logger) { store in
                try await store.revisions(limit: limit)
            }
            return show(revisions)
        }
        let story = try await RulesSession.run(settings, as: .reader, logger: logger) { store in
            try await RulesStory(of: Rule.ID(rawValue: rule), store)
        }
        switch output {
        case .text: for line in story.lines { print(line) }
        case .json: print(jsonText { story.write(to: &$0) })
        }
    }

    private func show(_ revisions: [RuleRevision]) {
        switch output {
        case .text:
            let header = ["REVISION", "WHEN", "WHO", "ADDED", "CHANGED", "REMOVED", "NOTE"]
            let rows = revisions.map { revision in
                [
                    String(revision.revision), revision.changedAt.secondsText, revision.changedBy,
                    String(revision.added), String(revision.changed), String(revision.removed), revision.note,
                ]
            }
            print(TextTable(header: header, rows: rows).text)
        case .json:
            print(
                jsonText { writer in
                    writer.member(
                        "revisions",
                        array: { array in for revision in revisions { array.object { $0.members(of: revision) } } }
                    )
                }
            )
        }
    }
}

extension JSONWriter {
    /// Writes what a revision is.
    mutating func members(of revision: RuleRevision) {
        member("revision", revision.revision)
        member("changed_at", Timestamp(revision.changedAt).description)
        member("changed_by", revision.changedBy)
        member("note", revision.note)
        member("added", revision.added)
        member("changed", revision.changed)
        member("removed", revision.removed)
    }
}
