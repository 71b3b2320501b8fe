import DecisionCore

/// The letters with one reason.
struct DeadLetterGroup: Equatable {
    let reason: String
    var count = 0
    var oldest: Timestamp?
    var newest: Timestamp?
    /// The ids of the first three.
    var examples: [String] = []

    /// The largest group comes first.
    static func groups(of letters: [DeadLetterEntry]) -> [DeadLetterGroup] {
        var groups: [String: DeadLetterGroup] = [:]
        for letter in letters {
            groups[letter.reason, default: DeadLetterGroup(reason: letter.reason)].add(letter)
        }
        return groups.values.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    }

    private mutating func add(_ letter: DeadLetterEntry) {
        count += 1
        if examples.count < 3 { examples.append(letter.id) }
        guard let time = letter.time else { return }
        oldest = min(oldest ?? time, time)
        newest = max(newest ?? time, time)
    }
}
