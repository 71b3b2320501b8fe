import Testing

@testable import OutcomeJournal

@Suite struct SegmentNameTests {
    @Test(arguments: [
        (0, "00000000000000000000.journal"),
        (4_711, "00000000000000004711.journal"),
        (UInt64.max, "18446744073709551615.journal"),
    ])
    func `Names have 20 digits`(first: UInt64, name: String) {
        #expect(SegmentName.name(first: first) == name)
        #expect(SegmentName.first(from: name) == first)
    }

    @Test(arguments: [
        "cursor", "lock", "1.journal", "00000000000000000000.journal.corrupt", "+0000000000000000001.journal",
        "99999999999999999999.journal", "0000000000000000000a.journal", ".journal",
    ])
    func `Other files are no segments`(name: String) {
        #expect(SegmentName.first(from: name) == nil)
    }
}
