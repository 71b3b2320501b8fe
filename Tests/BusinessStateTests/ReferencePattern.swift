import DecisionCore

/// A pattern, matched by following all the ways that its wildcards leave open at once: slow, and with nothing to get
/// wrong.
struct ReferencePattern {
    private enum Token {
        case anyRun
        case anyOne
        case scalar(Unicode.Scalar)
    }

    private var tokens: [Token] = []

    /// Takes the written form, which is well-formed.
    init(_ pattern: NamePattern) {
        var scalars = pattern.text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch scalar {
            case "*": tokens.append(.anyRun)
            case "?": tokens.append(.anyOne)
            case "\\": tokens.append(.scalar(scalars.next()!))
            default: tokens.append(.scalar(scalar))
            }
        }
    }

    func matches(_ name: [Unicode.Scalar]) -> Bool {
        // How much of the name the tokens so far may have taken.
        var taken: Set = [0]
        for token in tokens {
            switch token {
            case .anyRun: taken = Set(taken.min()!...name.count)
            case .anyOne: taken = Set(taken.filter { $0 < name.count }.map { $0 + 1 })
            case .scalar(let scalar):
                taken = Set(taken.filter { $0 < name.count && name[$0] == scalar }.map { $0 + 1 })
            }
            if taken.isEmpty { return false }
        }
        return taken.contains(name.count)
    }
}
