internal import DecisionCore
internal import Yams

extension RuleFile {
    /// Reads a file's text.
    ///
    /// - Parameter bytes: UTF-8, at most ``maximumLength`` bytes.
    /// - Throws: ``RuleFileError`` with everything that is wrong in it.
    public init(yaml bytes: [UInt8]) throws(RuleFileError) {
        let text = YAMLText(bytes)
        var problems = text.problems
        self.init(entries: [])
        if let root = text.root {
            var reader = RuleFileReader()
            self = reader.file(root)
            problems += reader.problems
        } else if problems.isEmpty {
            problems.append(.init(line: 1, column: 1, message: "the file is empty; it needs a list of rules"))
        }
        guard problems.isEmpty else { throw RuleFileError(problems) }
    }
}

/// Reads the parts of a file that are not rules.
private struct RuleFileReader {
    private var fields = FieldReader()
    private var names: [String: Int] = [:]

    var problems: [RuleFileError.Problem] { fields.problems }

    mutating func file(_ root: Node) -> RuleFile {
        var file = RuleFile(entries: [])
        guard let members = fields.members(of: root, "a rule file", keys: ["set", "templates", "rules"]) else {
            return file
        }
        if let set = members["set"] { file.set = fields.label(set, "set") ?? file.set }
        if let templates = members["templates"] { file.templates = self.templates(templates) }
        guard let rules = members["rules"] else {
            fields.fail(root, "rules is missing; write rules: [] for a set without rules")
            return file
        }
        for (index, node) in (fields.elements(of: rules, "rules", of: "rules") ?? []).enumerated() {
            guard var entry = fields.entry(node, set: file.set, id: index + 1) else { continue }
            entry.line = node.mark?.line
            note(entry.rule.name, node)
            file.entries.append(entry)
        }
        return file
    }

    private mutating func note(_ name: String?, _ node: Node) {
        guard let name else { return }
        let line = node.mark?.line ?? 1
        if let first = names.updateValue(line, forKey: name) {
            names[name] = first
            fields.fail(node, "the rule in line \(first) is called \(name) too; a name is there once in a set")
        }
    }

    private mutating func templates(_ node: Node) -> [StatedTemplate] {
        var templates: [StatedTemplate] = []
        var seen: Set<[NamePattern]> = []
        for element in fields.elements(of: node, "templates", of: "templates") ?? [] {
            guard let template = template(element) else { continue }
            if seen.insert([template.domain, template.app]).inserted {
                templates.append(template)
            } else {
                fields.fail(element, "there is a template for this domain and app already")
            }
        }
        return templates
    }

    /// A template; nil when anything is wrong in it.
    private mutating func template(_ node: Node) -> StatedTemplate? {
        guard let members = fields.members(of: node, "a template", keys: ["domain", "app", "formats"]) else {
            return nil
        }
        let count = fields.problems.count
        var template = StatedTemplate(formats: [])
        if let domain = members["domain"] { template.domain = fields.pattern(domain, "domain") ?? .any }
        if let app = members["app"] { template.app = fields.pattern(app, "app") ?? .any }
        guard let formats = members["formats"] else {
            fields.fail(node, "a template needs its formats, of mp4, flv and m3u8")
            return nil
        }
        template.formats = fields.formats(formats, "formats") ?? []
        return fields.problems.count == count ? template : nil
    }
}
