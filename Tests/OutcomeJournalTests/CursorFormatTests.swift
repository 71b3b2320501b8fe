import Testing

@testable import OutcomeJournal

@Suite struct CursorFormatTests {
    @Test(arguments: [0, 1, 4_711, UInt64.max])
    func `A cursor is found again`(sequence: UInt64) {
        #expect(CursorFormat.sequence(from: CursorFormat.bytes(for: sequence)) == sequence)
    }

    @Test func `A cursor that is cut or changed is none`() {
        let bytes = CursorFormat.bytes(for: 4_711)
        for index in bytes.indices {
            #expect(CursorFormat.sequence(from: Array(bytes.prefix(index))) == nil)
            var changed = bytes
            changed[index] ^= 1
            #expect(CursorFormat.sequence(from: changed) == nil)
        }
    }
}
