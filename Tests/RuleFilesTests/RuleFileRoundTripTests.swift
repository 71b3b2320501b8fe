import DecisionCore
import RuleFiles
import Testing

/// What holds for any file, tried on many that are drawn at random.
@Suite struct RuleFileRoundTripTests {
    @Test func `Three thousand files read as they were written, to the byte`() throws {
        var draw = Draw(seed: 1)
        for _ in 0..<3_000 {
            let file = draw.file()
            var read = try RuleFile(yaml: file.text)
            for index in read.entries.indices {
                #expect(read.entries[index].line != nil)
                read.entries[index].line = nil
            }
            let isEqual = read == file
            // Texts that are canonically equivalent are equal to Swift, and are different names to the platform.
            let isSpelledAlike = Self.spellings(of: read) == Self.spellings(of: file)
            #expect(isEqual && isSpelledAlike, "\(file.text)")
            #expect(read.text.utf8.elementsEqual(file.text.utf8), "\(file.text)")
        }
    }

    private static func spellings(of file: RuleFile) -> [[UInt8]] {
        let templates = (file.templates ?? []).flatMap { [$0.domain.text, $0.app.text] }
        let rules = file.entries.flatMap { entry in
            [entry.rule.domain.text, entry.rule.app.text, entry.rule.stream.text, entry.note]
        }
        return (templates + rules).map { Array($0.utf8) }
    }

    @Test func `A written file has one line for each member, in ASCII where a terminal could stumble`() {
        var draw = Draw(seed: 2)
        for _ in 0..<500 {
            let text = draw.file().text
            #expect(text.hasSuffix("\n"))
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
        }
    }

    @Test func `However a file is damaged, it is read, or refused with places that are in it`() {
        var draw = Draw(seed: 3)
        var refused = 0
        for _ in 0..<3_000 {
            var bytes = Array(draw.file().text.utf8)
            for _ in 0..<draw.integer(1...3) { Self.damage(&bytes, &draw) }
            do {
                _ = try RuleFile(yaml: bytes)
            } catch {
                refused += 1
                let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
                #expect(!error.problems.isEmpty)
                #expect(error.problems.allSatisfy { (1...lines + 1).contains($0.line) && $0.column > 0 }, "\(error)")
                #expect(error.problems.map(\.line) == error.problems.map(\.line).sorted())
                #expect(error.description.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
            }
        }
        #expect(refused > 1_000)
    }

    private static func damage(_ bytes: inout [UInt8], _ draw: inout Draw) {
        let place = draw.integer(0...bytes.count - 1)
        switch draw.integer(0...3) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = draw.integer(0...255)
        case 2:
            bytes.insert(
                contentsOf: draw.element(["&a", "*a", "{", "[", "\"", "\n", ": ", "- ", "? ", "!!x "]).utf8,
                at: place
            )
        default:
            let length = draw.integer(1...min(40, bytes.count - place))
            bytes.insert(contentsOf: bytes[place..<place + length], at: draw.integer(0...bytes.count))
        }
        if bytes.isEmpty { bytes = [0x20] }
    }
}
