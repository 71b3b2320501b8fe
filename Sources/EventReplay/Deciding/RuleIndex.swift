internal import DecisionCore

/// Finds the rules that may match an event by the names that they spell out, among thousands.
struct RuleIndex: Sendable {
    /// The names that a rule spells out; nil where it has a wildcard.
    private struct Key: Hashable {
        var domain: String?
        var app: String?
        var stream: String?
    }

    private var rules: [Key: [Rule]] = [:]
    /// Which of domain, app and stream are spelled out by some rule.
    private var shapes: Set<[Bool]> = []

    init(_ rules: [Rule]) {
        for rule in rules {
            let key = Key(domain: rule.domain.exactName, app: rule.app.exactName, stream: rule.stream.exactName)
            self.rules[key, default: []].append(rule)
            shapes.insert([key.domain != nil, key.app != nil, key.stream != nil])
        }
    }

    /// The rules whose names match an event.
    func rules(for event: StreamEvent) -> [Rule] {
        var found: [Rule] = []
        for shape in shapes {
            let key = Key(
                domain: shape[0] ? event.domain : nil,
                app: shape[1] ? event.app : nil,
                stream: shape[2] ? event.stream : nil
            )
            found += (rules[key] ?? []).filter { rule in
                rule.domain.matches(event.domain) && rule.app.matches(event.app) && rule.stream.matches(event.stream)
            }
        }
        return found
    }
}
