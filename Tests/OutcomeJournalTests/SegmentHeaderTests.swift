import Testing

@testable import OutcomeJournal

@Suite struct SegmentHeaderTests {
    private static let header = SegmentHeader(first: 42, time: 1_700_000_000_123)

    private static var bytes: [UInt8] {
        var bytes: [UInt8] = []
        header.append(to: &bytes)
        return bytes
    }

    private static func find(_ bytes: [UInt8]) -> SegmentHeader.Finding {
        bytes.withUnsafeBytes(SegmentHeader.find(in:))
    }

    @Test func `A header is found again, whatever follows`() {
        #expect(Self.bytes.count == SegmentHeader.byteCount)
        #expect(Self.find(Self.bytes) == .header(Self.header))
        #expect(Self.find(Self.bytes + [1, 2, 3]) == .header(Self.header))
    }

    @Test func `A header that is cut is incomplete, and one with any bit changed is damaged`() {
        for index in Self.bytes.indices {
            #expect(Self.find(Array(Self.bytes.prefix(index))) == .incomplete)
            for bit in 0..<8 {
                var changed = Self.bytes
                changed[index] ^= 1 << bit
                #expect(Self.find(changed) == .damaged)
            }
        }
    }

    @Test func `A header of another version is no damage`() {
        var bytes = Self.bytes
        bytes[8] = 2
        let checksum = (Array(bytes[..<12]) + bytes[16...]).withUnsafeBytes(CRC32C.checksum)
        bytes.replace(at: 12, littleEndian: checksum)
        #expect(Self.find(bytes) == .foreign(version: 2))
    }
}
