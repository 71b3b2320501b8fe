import OutcomeJournal

/// Looks at the directory of the gateway's journal. On a machine without a gateway it is of no importance.
struct JournalExamination {
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func findings() -> [Finding] {
        let survey = JournalSurvey(of: settings.journal.directory)
        var findings = [directory(survey)]
        if survey.failure == nil { findings.append(space(survey)) }
        if survey.corruptFiles > 0 {
            findings.append(
                .warning(
                    "journal damage",
                    "\(survey.corruptFiles) damaged files are set aside in \(survey.directory)",
                    advice: "What can be read of them was sent. Look at the disk, and remove *.corrupt when done."
                )
            )
        }
        return findings
    }

    private func directory(_ survey: JournalSurvey) -> Finding {
        let path = settings.journal.directory
        if let failure = survey.failure {
            let advice =
                "Choose journal.directory (NEEDRECORD_JOURNAL_DIRECTORY), or let the gateway's user write there."
            return survey.exists
                ? .fault("journal", "\(path): \(failure)", advice: advice)
                // Where no gateway runs, none is missing.
                : .warning("journal", "\(path) is missing, and cannot be made: \(failure)", advice: advice)
        }
        let sync = survey.syncTime.map { " (synced in \($0.milliseconds) ms)" } ?? ""
        guard survey.exists else {
            return .ok("journal", "\(path) is missing, and a gateway can make it in \(survey.directory)\(sync)")
        }
        guard let holder = survey.holder else { return .ok("journal", "\(path) is writable\(sync), and not in use") }
        let name = holder.name.isEmpty ? "" : " (\(holder.name))"
        return .ok("journal", "\(path) is writable\(sync), and in use by process \(holder.processID)\(name)")
    }

    private func space(_ survey: JournalSurvey) -> Finding {
        guard let available = survey.availableBytes else {
            return .warning("journal space", "cannot be told", advice: "Look at the disk of \(survey.directory).")
        }
        let missing = max(0, settings.journal.maximumBytes - survey.segmentBytes)
        let text = "\(available.mebibytes) MiB are free, and the journal may take \(missing.mebibytes) MiB more"
        return available >= missing
            ? .ok("journal space", text)
            : .warning(
                "journal space",
                text,
                advice:
                    "Make room, or lower journal.maxBytes: what does not fit goes to the broker, and is lost while that is away."
            )
    }
}

extension Int {
    fileprivate var mebibytes: Int { self / 1_048_576 }
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
