import DecisionCore
import Testing

@Suite struct NamePatternTests {
    @Test func `An asterisk alone demands nothing`() {
        #expect(NamePattern("*") == .any)
        for name in ["live", "*", "", "日本", String(repeating: "x", count: 255)] {
            #expect(NamePattern("*").matches(name))
        }
        #expect(!NamePattern("*").isExact)
    }

    @Test(arguments: ["live", "live*", "**", "*.com", " *", "", "\\", "日本"])
    func `Any other text demands itself, asterisks within it included`(text: String) {
        let pattern = NamePattern(text)
        #expect(pattern == .exact(text))
        #expect(pattern.isExact)
        #expect(pattern.matches(text))
        #expect(!pattern.matches(text + "x"))
        #expect(!pattern.matches("live1.com"))
        #expect(pattern.text == text)
        #expect(NamePattern("*").text == "*")
    }

    @Test(arguments: [("Live", "live"), ("live", "live "), ("live", "liv"), ("", " "), ("a\u{0}", "a")])
    func `Names that differ in a byte are different`(demanded: String, name: String) {
        #expect(!NamePattern(demanded).matches(name))
        #expect(!NamePattern(name).matches(demanded))
    }

    @Test func `Spellings that Unicode calls equivalent are different names`() {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        // Swift's own comparison calls them the same.
        #expect(composed == decomposed)
        #expect(!NamePattern(composed).matches(decomposed))
        #expect(!NamePattern(decomposed).matches(composed))
        #expect(NamePattern(decomposed).matches(decomposed))
    }
}
