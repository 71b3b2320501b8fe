internal import DecisionCore

/// A pattern taken apart, to compare it with other patterns.
struct PatternShape: Sendable, Hashable {
    /// What takes the place of `*` and `?`, beyond the Unicode scalars.
    private static let anyRun: UInt32 = 0x11_0000
    private static let anyOne: UInt32 = 0x11_0001

    private let tokens: [UInt32]
    private let firstRun: Int?
    private let lastRun: Int?
    let breadth: NamePattern.Breadth
    /// What every name begins with.
    let head: ArraySlice<UInt32>
    /// What every name ends with.
    let tail: ArraySlice<UInt32>
    /// Of the parts between wildcards the longest, the first of several; every name has it somewhere.
    let longestPart: ArraySlice<UInt32>

    init(_ pattern: NamePattern) {
        tokens = Self.tokens(of: pattern.text)
        breadth = pattern.breadth
        head = tokens.prefix { $0 < Self.anyRun }
        tail = tokens[(tokens.lastIndex { $0 >= Self.anyRun }.map { $0 + 1 } ?? 0)...]
        longestPart = tokens.split { $0 >= Self.anyRun }.reduce([]) { $1.count > $0.count ? $1 : $0 }
        firstRun = tokens.firstIndex(of: Self.anyRun)
        lastRun = tokens.lastIndex(of: Self.anyRun)
    }

    /// Whether a name may be of any length.
    var isElastic: Bool { firstRun != nil }

    /// Whether names begin and end with anything: then the pattern overlaps with every elastic one.
    var isOpen: Bool { isElastic && !hasLettersOutside }

    private var hasLettersOutside: Bool {
        guard let firstRun, let lastRun else { return !tokens.isEmpty }
        return tokens[..<firstRun].contains { $0 < Self.anyRun } || tokens[lastRun...].contains { $0 < Self.anyRun }
    }

    /// Each run of letters, of this length, that this pattern has somewhere.
    func parts(of length: Int, _ body: (ArraySlice<UInt32>) -> Void) {
        for part in tokens.split(whereSeparator: { $0 >= Self.anyRun }) where part.count >= length {
            for start in part.startIndex...(part.endIndex - length) { body(part[start..<start + length]) }
        }
    }

    /// The tokens in one of several equal spellings: in a run of wildcards every `?` comes first, then one `*`.
    private static func tokens(of text: String) -> [UInt32] {
        var tokens: [UInt32] = []
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if !isEscaped, scalar == "\\" {
                isEscaped = true
            } else if !isEscaped, scalar == "*" {
                if tokens.last != anyRun { tokens.append(anyRun) }
            } else if !isEscaped, scalar == "?" {
                let place = tokens.last == anyRun ? tokens.count - 1 : tokens.count
                tokens.insert(anyOne, at: place)
            } else {
                tokens.append(scalar.value)
                isEscaped = false
            }
        }
        return tokens
    }

    /// Whether every name that `other` matches is matched by this one, as far as that can be seen by matching `other`
    /// like a name in which a wildcard is a letter of its own. It is never said wrongly; that it is so may be missed.
    func contains(_ other: PatternShape) -> Bool {
        var at = 0
        var position = 0
        var retry: (at: Int, position: Int)?
        while position < other.tokens.count {
            if at < tokens.count, tokens[at] == Self.anyRun {
                at += 1
                retry = (at, position)
            } else if at < tokens.count, Self.takes(tokens[at], other.tokens[position]) {
                at += 1
                position += 1
            } else if let (after, start) = retry {
                at = after
                position = start + 1
                retry = (after, position)
            } else {
                return false
            }
        }
        return tokens[at...].allSatisfy { $0 == Self.anyRun }
    }

    private static func takes(_ token: UInt32, _ other: UInt32) -> Bool {
        token == other || token == anyOne && other != anyRun
    }

    /// Whether some name is matched by both.
    func overlaps(_ other: PatternShape) -> Bool {
        if breadth == .any || other.breadth == .any { return true }
        guard zip(head, other.head).allSatisfy(==), zip(tail.reversed(), other.tail.reversed()).allSatisfy(==) else {
            return false
        }
        if breadth == .exact, other.breadth == .exact { return tokens == other.tokens }
        // Both have room in the middle: for whatever the other one has there, between the longer beginning and the longer
        // end.
        if let firstRun, let otherRun = other.firstRun, let lastRun, let otherLast = other.lastRun {
            return zip(tokens[..<firstRun], other.tokens[..<otherRun]).allSatisfy(Self.areAlike)
                && zip(tokens[lastRun...].dropFirst().reversed(), other.tokens[otherLast...].dropFirst().reversed())
                    .allSatisfy(Self.areAlike)
        }
        // Row by row: whether what is left of both, from a token of this one and one of the other on, can be the same.
        var below = [Bool](repeating: false, count: other.tokens.count + 1)
        for at in stride(from: tokens.count, through: 0, by: -1) {
            var row = [Bool](repeating: false, count: other.tokens.count + 1)
            for position in stride(from: other.tokens.count, through: 0, by: -1) {
                row[position] = canMeet(at, position, other, below: below, row: row)
            }
            below = row
        }
        return below[0]
    }

    /// Of two that are no runs.
    private static func areAlike(_ mine: UInt32, _ theirs: UInt32) -> Bool {
        mine == theirs || mine == anyOne || theirs == anyOne
    }

    private func canMeet(_ at: Int, _ position: Int, _ other: PatternShape, below: [Bool], row: [Bool]) -> Bool {
        let mine = at < tokens.count ? tokens[at] : nil
        let theirs = position < other.tokens.count ? other.tokens[position] : nil
        switch (mine, theirs) {
        case (nil, nil): return true
        case (Self.anyRun, _): return below[position] || theirs != nil && row[position + 1]
        case (_, Self.anyRun): return row[position + 1] || mine != nil && below[position]
        case (nil, _), (_, nil): return false
        case (let mine?, let theirs?):
            return Self.areAlike(mine, theirs) && below[position + 1]
        }
    }
}
