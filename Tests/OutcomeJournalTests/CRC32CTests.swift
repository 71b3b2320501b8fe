import Testing

@testable import OutcomeJournal

@Suite struct CRC32CTests {
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes(CRC32C.checksum)
    }

    @Test(
        arguments: [
            ([], 0),
            ([UInt8]("123456789".utf8), 0xE306_9283),
            ([UInt8]("a".utf8), 0xC1D0_4330),
            // RFC 3720, B.4.
            ([UInt8](repeating: 0x00, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E),
            ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
        ] as [([UInt8], UInt32)]
    )
    func `Known checksums`(bytes: [UInt8], checksum: UInt32) {
        #expect(Self.checksum(bytes) == checksum)
    }

    @Test func `In parts of any lengths it is the same as at once`() {
        let bytes = (0..<67).map { UInt8(truncatingIfNeeded: $0 * 37) }
        for cut in 0...bytes.count {
            var checksum = CRC32C()
            bytes[..<cut].withUnsafeBytes { checksum.update($0) }
            bytes[cut...].withUnsafeBytes { checksum.update($0) }
            #expect(checksum.value == Self.checksum(bytes))
        }
    }
}
