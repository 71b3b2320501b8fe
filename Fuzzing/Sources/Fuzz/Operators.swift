import DecisionCore
import RuleFiles

/// A file that is read is written as a file that reads as the same rules.
func fuzzRules(_ input: [UInt8]) {
    guard let file = try? RuleFile(yaml: input) else { return }
    let text = file.text
    do {
        let again = try RuleFile(yaml: Array(text.utf8))
        demand(again.text.utf8.elementsEqual(text.utf8), "another file: \(text)")
        demand(withoutLines(again) == withoutLines(file), "other rules: \(text)")
    } catch {
        fatalError("its own text cannot be read: \(error)\n\(text)")
    }
}

/// Where a rule stands in its file is no part of the rule.
private func withoutLines(_ file: RuleFile) -> RuleFile {
    var file = file
    for index in file.entries.indices { file.entries[index].line = nil }
    return file
}

func fuzzWords(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    let half = input.count / 2
    let (left, right) = (
        String(decoding: input[..<half], as: UTF8.self), String(decoding: input[half...], as: UTF8.self)
    )
    if let pattern = NamePattern(left) {
        demand(NamePattern(pattern.text) == pattern, "the pattern \(left)")
        // Naive matching takes exponential time with many wildcards.
        if left.utf8.count(where: { $0 == UInt8(ascii: "*") }) <= 4, right.utf8.count <= 32 {
            demand(
                pattern.matches(right) == matches(Array(left.unicodeScalars)[...], Array(right.unicodeScalars)[...]),
                "the pattern \(left) and the name \(right)"
            )
        }
        if pattern.exactName != nil { demand(pattern.breadth == .exact, "the pattern \(left)") }
    }
    let exact = NamePattern.exact(left)
    demand(exact.matches(left), "a name does not match itself: \(left)")
    demand(exact.matches(right) == left.utf8.elementsEqual(right.utf8), "\(left) and \(right)")
    if let time = Timestamp(iso8601: text) {
        demand(Timestamp(iso8601: time.description) == time, "the time \(text)")
    }
    if let window = WeeklySchedule.Window(text) {
        demand(WeeklySchedule.Window(window.description) == window, "the window \(text)")
    }
    if let id = EventID(text) { demand(EventID(id.description) == id, "the id \(text)") }
}

/// What a pattern means, read off its definition.
private func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ name: ArraySlice<Unicode.Scalar>) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    let rest = pattern.dropFirst()
    switch first {
    case "*": return matches(rest, name) || !name.isEmpty && matches(pattern, name.dropFirst())
    case "?": return !name.isEmpty && matches(rest, name.dropFirst())
    case "\\": return name.first == rest.first && matches(rest.dropFirst(), name.dropFirst())
    default: return name.first == first && matches(rest, name.dropFirst())
    }
}
