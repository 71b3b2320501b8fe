import DecisionCore
import Testing

@Suite struct NamePatternGlobTests {
    private static let matching: [(String, String)] = [
        ("room-*", "room-1"), ("room-*", "room-"), ("*-vip", "room-vip"), ("*-vip", "-vip"), ("*vip*", "vip"),
        ("*vip*", "a-vip-room"), ("a*b*c", "abc"), ("a*b*c", "a-b-b-c"), ("a**c", "ac"), ("a**c", "abc"),
        ("*.test.com", "live.test.com"), ("*ab", "aab"), ("*aab", "aaaab"), ("a*a", "aa"), ("*a*", "bab"),
        ("?", "a"), ("??", "ab"), ("a?c", "abc"), ("?*", "a"), ("*?", "abc"), ("*?*", "a"), ("a?*", "ab"),
        ("\\**", "*"), ("\\**", "*abc"), ("*\\*", "abc*"), ("\\??", "?a"), ("*\\\\", "a\\"), ("a*", "a\u{0}"),
    ]

    @Test(arguments: matching)
    func `A glob matches what its wildcards stand for`(text: String, name: String) {
        #expect(NamePattern.written(text).matches(name))
        #expect(NamePattern.written(text).breadth == .glob)
        #expect(NamePattern.written(text).exactName == nil)
        #expect(NamePattern.written(text).text == text)
    }

    private static let different: [(String, String)] = [
        ("room-*", "room"), ("room-*", "Room-1"), ("room-*", "a room-1"), ("*-vip", "vip"), ("*-vip", "-vip2"),
        ("a*b*c", "acb"), ("a*a", "a"), ("*.test.com", "test.com"), ("*ab", "aba"), ("a*bc", "ab"),
        ("?", ""), ("?", "ab"), ("??", "a"), ("a?c", "ac"), ("a?c", "abbc"), ("?*", ""), ("*?", ""), ("*?*", ""),
        ("\\**", "a"), ("*\\*", "abc"), ("\\??", "ab"), ("*\\?", "ab"), ("*a", ""), ("[a]*", "a"),
    ]

    @Test(arguments: different)
    func `A glob matches nothing else`(text: String, name: String) {
        #expect(!NamePattern.written(text).matches(name))
    }

    @Test(arguments: ["a", "\u{E9}", "日", "🎥", "\u{10FFFF}", "\u{301}", "\u{0}"])
    func `A question mark stands for one Unicode scalar, however many bytes it has`(scalar: String) {
        #expect(NamePattern.written("?").matches(scalar))
        #expect(NamePattern.written("a?b").matches("a\(scalar)b"))
        #expect(NamePattern.written("*?b").matches("\(scalar)b"))
        #expect(NamePattern.written("??").matches(scalar + scalar))
        #expect(!NamePattern.written("??").matches(scalar))
        #expect(!NamePattern.written("*??").matches(scalar))
        #expect(!NamePattern.written("*??*").matches(scalar))
        #expect(!NamePattern.written("?").matches(scalar + scalar))
    }

    @Test func `A run never ends within a character`() {
        // The last bytes of the first are the last bytes of the second.
        let (two, three) = ("\u{C9}", "\u{2249}")
        #expect(Array(two.utf8).last == Array(three.utf8).last)
        #expect(!NamePattern.written("*\(two)").matches(three))
        #expect(!NamePattern.written("*?\(two)").matches("a\(three)"))
        #expect(NamePattern.written("*\(three)").matches("a\(three)"))
    }

    /// A matcher that tries every way to split the name would take more steps for each of these than there are atoms
    /// on Earth: that the test ends at all is its result.
    @Test(arguments: ["*a", "*a?", "*?a", "a*", "*aa", "**a"])
    func `Hostile patterns are decided in no more steps than both lengths multiplied`(part: String) {
        let repeated = String(repeating: part, count: (NamePattern.maximumLength - 1) / part.utf8.count)
        let name = String(repeating: "a", count: NamePattern.maximumLength)
        for _ in 0..<100 {
            #expect(!NamePattern.written(repeated + "b").matches(name))
            #expect(!NamePattern.written("b" + repeated).matches(name))
        }
        #expect(NamePattern.written(String(repeating: part, count: 40)).matches(name))
    }

    @Test func `Any pattern matches what its definition says`() {
        var draw = Draw(seed: 21)
        var (matched, differed) = (0, 0)
        for _ in 0..<40_000 {
            let text = draw.text(of: ["*", "*", "?", "\\*", "\\?", "\\\\", "a", "a", "b", "日"], length: 0...8)
            let name = draw.text(of: ["a", "a", "b", "日", "*", "?", "\\"], length: 0...8)
            let expected = NaiveGlob.matches(text, name)
            #expect(NamePattern(text)?.matches(name) == expected, "\(text) and \(name)")
            if expected { matched += 1 } else { differed += 1 }
        }
        #expect(min(matched, differed) > 2_000)
    }

    @Test func `Any name matches the patterns that it is turned into by widening it`() {
        var draw = Draw(seed: 22)
        for _ in 0..<5_000 {
            let name = draw.text(of: ["a", "b", "\u{E9}", "日", "🎥", "\u{301}"], length: 1...40)
            let widened = name.unicodeScalars.map { scalar in draw.element(["?", "*", "**", "\(scalar)", "\(scalar)"]) }
            #expect(NamePattern.written(widened.joined()).matches(name), "\(widened.joined()) and \(name)")
        }
    }
}
