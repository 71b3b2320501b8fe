import DecisionCore
import Testing

@Suite struct NamePatternTests {
    @Test(arguments: ["*", "**", "***"])
    func `Asterisks alone demand nothing`(text: String) throws {
        let pattern = try #require(NamePattern(text))
        for name in ["live", "*", "", "日本", String(repeating: "x", count: 255)] {
            #expect(pattern.matches(name))
        }
        #expect(pattern.breadth == .any)
        #expect(pattern.exactName == nil)
        #expect(pattern.text == text)
    }

    @Test func `Any name is written with one asterisk`() {
        #expect(NamePattern("*") == .any)
        #expect(NamePattern.any.text == "*")
    }

    @Test(arguments: ["live", "live1.com", " live", "[a-z]", "a.c", "%", "_", "日本", "🎥", ""])
    func `A text without wildcards demands itself`(text: String) throws {
        let pattern = try #require(NamePattern(text))
        #expect(pattern.breadth == .exact)
        #expect(pattern.exactName == text)
        #expect(pattern.text == text)
        #expect(pattern.matches(text))
        #expect(!pattern.matches(text + "x"))
        #expect(!pattern.matches("x" + text))
        #expect(pattern == .exact(text))
    }

    @Test(arguments: [("Live", "live"), ("live", "live "), ("live", "liv"), ("", " "), ("a\u{0}", "a")])
    func `Names that differ in a byte are different`(demanded: String, name: String) {
        #expect(!NamePattern.written(demanded).matches(name))
        #expect(!NamePattern.written(name).matches(demanded))
    }

    @Test func `Spellings that Unicode calls equivalent are different names`() {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        // Swift's own comparison calls them the same.
        #expect(composed == decomposed)
        #expect(!NamePattern.written(composed).matches(decomposed))
        #expect(!NamePattern.written(decomposed).matches(composed))
        #expect(NamePattern.written(decomposed).matches(decomposed))
        #expect(!NamePattern.written("*\(composed)").matches(decomposed))
        #expect(!NamePattern.written("*\(decomposed)").matches(composed))
        #expect(NamePattern.written("*\(decomposed)").matches("un \(decomposed)"))
    }

    @Test(
        arguments: [
            ("\\*", "*"), ("\\?", "?"), ("\\\\", "\\"), ("a\\*b", "a*b"), ("what\\?", "what?"), ("\\\\\\*", "\\*"),
            ("\\\\n", "\\n"),
        ]
    )
    func `A backslash takes what follows it literally`(text: String, name: String) throws {
        let pattern = try #require(NamePattern(text))
        #expect(pattern.breadth == .exact)
        #expect(pattern.exactName == name)
        #expect(pattern.text == text)
        #expect(pattern.matches(name))
        #expect(!pattern.matches(text))
        #expect(!pattern.matches("axb"))
        #expect(pattern == .exact(name))
    }

    @Test(arguments: ["\\", "a\\", "\\a", "\\n", "*\\", "\\\\\\", "\\日", "\\\u{301}", "a\\ *", "\\\u{0}"])
    func `A backslash before anything else is no pattern`(text: String) {
        #expect(NamePattern(text) == nil)
    }

    @Test(arguments: ["live", "*", "**", "a?b*", "\\", "\\*", "*\\", "日*本", "e\u{301}?", "*\u{301}", "?\u{20DD}", ""])
    func `The pattern for a name matches it alone, whatever is in it, and can be written`(name: String) throws {
        let pattern = NamePattern.exact(name)
        #expect(pattern.breadth == .exact)
        #expect(pattern.exactName == name)
        #expect(pattern.matches(name))
        #expect(!pattern.matches(name + "x"))
        #expect(!pattern.matches("live1.com"))
        #expect(NamePattern(pattern.text) == pattern)
        #expect(NamePattern(pattern.text)?.exactName?.utf8.elementsEqual(name.utf8) == true)
    }

    @Test func `Any random name has a pattern that is read back as it was`() {
        var draw = Draw(seed: 20)
        for _ in 0..<5_000 {
            let name = draw.text(of: ["*", "?", "\\", "a", "日", "\u{301}"], length: 0...12)
            let pattern = NamePattern.exact(name)
            #expect(NamePattern(pattern.text) == pattern)
            #expect(pattern.matches(name))
        }
    }

    @Test func `A name demands more than a glob, and a glob more than any`() {
        #expect(NamePattern.any.breadth < NamePattern.written("a*").breadth)
        #expect(NamePattern.written("a*").breadth < NamePattern.written("a").breadth)
        #expect(NamePattern.written("?").breadth == .glob)
        #expect(NamePattern.written("*?").breadth == .glob)
    }

    @Test func `Patterns that Unicode takes for equal are different patterns`() {
        let composed = NamePattern.exact("caf\u{E9}")
        let decomposed = NamePattern.exact("cafe\u{301}")
        #expect(composed.text == decomposed.text)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, .exact("caf\u{E9}")]).count == 2)
    }
}
