import BusinessState
import DecisionCore
import Wire

/// All that became of one rule.
struct RulesStory {
    private let versions: [RuleVersion]
    private let revisions: [Int64: RuleRevision]

    /// Reads it.
    ///
    /// - Throws: ``Failure`` when there never was such a rule.
    init(of id: Rule.ID, _ store: RuleStore) async throws {
        versions = try await store.versions(of: id)
        guard !versions.isEmpty else { throw Failure("there never was a rule \(id.rawValue)") }
        let numbers = versions.map(\.since) + versions.compactMap(\.until)
        revisions = Dictionary(uniqueKeysWithValues: try await store.revisions(numbers).map { ($0.revision, $0) })
    }

    /// A line for each change, with the fields that it changed.
    var lines: [String] {
        var lines: [String] = []
        for (index, version) in versions.enumerated() {
            let fields = RulesFields(version.stored.rule, note: version.stored.note)
            if index > 0, versions[index - 1].until == version.since {
                lines.append("\(heading(version.since))  changed")
                let before = versions[index - 1].stored
                let differences = fields.differences(from: RulesFields(before.rule, note: before.note))
                lines += differences.map { "    \($0.name): \($0.before) -> \($0.after)" }
                if before.isShadow != version.stored.isShadow { lines.append("    promoted from the shadow") }
            } else {
                lines.append("\(heading(version.since))  added  \(version.stored.rule.lineText)")
            }
            if let end = end(of: index) { lines.append("\(heading(end))  removed") }
        }
        return lines
    }

    /// The revision that removed the rule after a version of it; nil when it lived on.
    private func end(of index: Int) -> Int64? {
        guard let until = versions[index].until else { return nil }
        return index + 1 < versions.count && versions[index + 1].since == until ? nil : until
    }

    private func heading(_ number: Int64) -> String {
        guard let revision = revisions[number] else { return "revision \(number)" }
        let note = revision.note.isEmpty ? "" : "  (\(revision.note))"
        return "revision \(number)  \(revision.changedAt.secondsText)  \(revision.changedBy)\(note)"
    }

    /// Writes the versions, the oldest first.
    func write(to writer: inout JSONWriter) {
        writer.member(
            "versions",
            array: { array in
                for version in versions {
                    array.object { writer in
                        writer.member("since_revision", version.since)
                        if let until = version.until { writer.member("until_revision", until) }
                        if let revision = revisions[version.since] {
                            writer.member("changed_at", Timestamp(revision.changedAt).description)
                            writer.member("changed_by", revision.changedBy)
                            writer.member("revision_note", revision.note)
                        }
                        writer.members(
                            of: version.stored.rule,
                            note: version.stored.note,
                            isShadow: version.stored.isShadow
                        )
                    }
                }
            }
        )
    }
}
