import BusinessState
import DecisionCore
import RuleFiles

/// A rule file on disk.
struct RulesFile {
    /// How messages call it.
    let name: String
    /// What is in it.
    let content: RuleFile

    /// Reads a file, or standard input for `-`.
    ///
    /// - Throws: ``Failure`` with everything that is wrong in it, or that it cannot be read.
    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        content = try RuleFile(readingFrom: path == "-" ? "/dev/stdin" : path)
    }

    /// The rules as they are to be stored.
    var drafts: [RuleDraft] {
        content.entries.map { RuleDraft($0.rule, note: $0.note) }
    }

    /// What is stated of the platform's templates; nil when the file does not speak of it.
    var templates: [RuleTemplate]? {
        content.templates?.map { RuleTemplate(domain: $0.domain, app: $0.app, formats: $0.formats) }
    }
}

extension RuleEntry {
    /// A rule that is stored.
    init(_ stored: StoredRule) {
        self.init(rule: stored.rule, note: stored.note)
    }
}

extension StatedTemplate {
    /// A template that is stored.
    init(_ template: RuleTemplate) {
        self.init(domain: template.domain, app: template.app, formats: template.formats)
    }
}
