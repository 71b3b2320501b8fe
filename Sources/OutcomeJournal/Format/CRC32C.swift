/// CRC-32C (Castagnoli), eight bytes at a time.
struct CRC32C {
    private var remainder: UInt32 = ~0

    /// The checksum of everything so far.
    var value: UInt32 { ~remainder }

    /// The checksum of `bytes` alone.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }

    /// Goes on with `bytes`.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        remainder = Self.tables.withUnsafeBufferPointer { tables in
            var remainder = remainder
            var offset = 0
            while bytes.count - offset >= 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let mixed = word ^ UInt64(remainder)
                remainder = 0
                // The first byte has seven more to go through, the last one none.
                for place in 0..<8 {
                    remainder ^= tables[(7 - place) << 8 | Int(truncatingIfNeeded: mixed >> (8 * place)) & 0xFF]
                }
                offset += 8
            }
            while offset < bytes.count {
                remainder = remainder >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: remainder) ^ bytes[offset])]
                offset += 1
            }
            return remainder
        }
    }

    /// Eight tables of 256: what a byte does to the remainder when 0 to 7 bytes come after it.
    private static let tables: [UInt32] = {
        // 0x1EDC6F41 with its bits reversed.
        let polynomial: UInt32 = 0x82F6_3B78
        var tables = (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { remainder, _ in
                remainder & 1 == 1 ? remainder >> 1 ^ polynomial : remainder >> 1
            }
        }
        for index in 256..<2048 {
            let shorter = tables[index - 256]
            tables.append(shorter >> 8 ^ tables[Int(shorter & 0xFF)])
        }
        return tables
    }()
}
