import Testing

@testable import OutcomeJournal

@Suite struct RecordFormatTests {
    private static func find(_ bytes: some Collection<UInt8>, at offset: Int = 0) -> RecordFormat.Finding {
        Array(bytes).withUnsafeBytes { RecordFormat.find(in: $0, at: offset) }
    }

    private static func encoded(_ payload: [UInt8], time: Int64 = 1_700_000_000_123) -> [UInt8] {
        var bytes: [UInt8] = []
        RecordFormat.append(payload, time: time, to: &bytes)
        return bytes
    }

    @Test func `The bytes of a record are as documented`() {
        let bytes = Self.encoded([0xAA, 0xBB], time: 0x0102_0304_0506_0708)
        #expect(bytes.count == 18)
        #expect(bytes[0..<4] == [2, 0, 0, 0])
        #expect(bytes[8..<16] == [8, 7, 6, 5, 4, 3, 2, 1])
        #expect(bytes[16...] == [0xAA, 0xBB])
        let checksum = (Array(bytes[0..<4]) + bytes[8...]).withUnsafeBytes(CRC32C.checksum)
        #expect(bytes[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } == checksum)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 1_000, RecordFormat.maximumPayloadBytes])
    func `A record is found again`(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let bytes = [1, 2, 3] + Self.encoded(payload) + [9]
        #expect(Self.find(bytes, at: 3) == .record(payload: 19..<19 + count, time: 1_700_000_000_123))
        #expect(Array(bytes[19..<19 + count]) == payload)
    }

    @Test func `A record that is cut anywhere is incomplete`() {
        let bytes = Self.encoded([UInt8]("payload".utf8))
        for count in 0..<bytes.count {
            #expect(Self.find(bytes.prefix(count)) == .incomplete(needed: count < 16 ? 16 : bytes.count))
        }
    }

    @Test func `A record with any bit changed is none`() {
        let bytes = Self.encoded([UInt8]("payload".utf8))
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                if case .record = Self.find(changed + changed) { Issue.record("bit \(bit) of byte \(index)") }
            }
        }
    }

    @Test func `Zeros are no record`() {
        #expect(Self.find([UInt8](repeating: 0, count: 4_096)) == .damaged)
    }

    @Test func `A length above the limit is damage, whatever follows`() {
        #expect(Self.find([1, 0, 16, 0] + [UInt8](repeating: 0, count: 12)) == .damaged)
    }
}
