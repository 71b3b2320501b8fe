import DecisionCore
import Testing

@testable import RuleFiles

@Suite struct PatternShapeTests {
    private static func shape(_ text: String) throws -> PatternShape { PatternShape(try .of(text)) }

    @Test(arguments: [
        ("*", "*"), ("*", "a"), ("*", "a*"), ("a*", "a"), ("a*", "ab*"), ("a*", "a?"), ("a?", "ab"), ("?*", "*?"),
        ("*?", "?*"), ("a*c", "abc"), ("a*c", "a*b*c"), ("*-vip", "room-*-vip"), ("*b*", "abc"), ("*b*", "*ab?"),
        ("a**b", "a*b"), (#"a\*"#, #"a\*"#), ("??*", "ab*c"), ("*a*a*", "aa"),
    ])
    func `A pattern contains what it matches everything of`(wide: String, narrow: String) throws {
        #expect(try Self.shape(wide).contains(Self.shape(narrow)))
    }

    @Test(arguments: [
        ("a", "*"), ("a", "a*"), ("a", "b"), ("a*", "*"), ("a*", "b*"), ("a?", "a*"), ("?", "*"), ("a*c", "ac*"),
        ("*a*a*", "*a*"), (#"a\*"#, "a*"), ("??*", "a*"), ("a?", "a"), ("A*", "a*"),
    ])
    func `It is never said to contain what it does not`(wide: String, narrow: String) throws {
        #expect(try !Self.shape(wide).contains(Self.shape(narrow)))
    }

    @Test(arguments: [
        ("*", "a", true), ("a", "a", true), ("a", "b", false), ("a*", "*b", true), ("a*", "b*", false),
        ("*a", "*b", false), ("a*b", "ab*", true), ("a?c", "ab?", true), ("a?", "a", false), ("*x*", "a?", true),
        ("*xyz*", "a?", false), ("a*a", "a", false), ("a*a", "aa", true), ("*ab*", "*ba*", true), ("ab", "?*", true),
    ])
    func `Patterns overlap when a name matches both`(left: String, right: String, overlap: Bool) throws {
        #expect(try Self.shape(left).overlaps(Self.shape(right)) == overlap)
        #expect(try Self.shape(right).overlaps(Self.shape(left)) == overlap)
    }

    @Test func `What is said of random patterns agrees with the names that they match`() throws {
        var random = SeededGenerator(seed: 11)
        let names = Self.names(of: ["a", "b"], upTo: 6)
        var contained = 0
        for _ in 0..<3_000 {
            let (left, right) = (try Self.pattern(using: &random), try Self.pattern(using: &random))
            let (both, onlyRight) = names.reduce(into: (false, false)) { seen, name in
                guard right.matches(name) else { return }
                if left.matches(name) { seen.0 = true } else { seen.1 = true }
            }
            let (wide, narrow) = (PatternShape(left), PatternShape(right))
            if wide.contains(narrow) {
                contained += 1
                #expect(!onlyRight, "\(left.text) does not contain \(right.text)")
            }
            // Patterns of up to four wildcards and letters overlap in a short name, if in any.
            #expect(wide.overlaps(narrow) == both, "\(left.text) and \(right.text)")
        }
        #expect(contained > 300)
    }

    private static func pattern(using random: inout SeededGenerator) throws -> NamePattern {
        let length = Int.random(in: 1...4, using: &random)
        let text = (0..<length).map { _ in ["a", "b", "*", "?"].randomElement(using: &random) ?? "a" }.joined()
        return try .of(text)
    }

    private static func names(of letters: [String], upTo length: Int) -> [String] {
        var names = [""]
        var longest = [""]
        for _ in 0..<length {
            longest = longest.flatMap { name in letters.map { name + $0 } }
            names += longest
        }
        return names
    }
}
