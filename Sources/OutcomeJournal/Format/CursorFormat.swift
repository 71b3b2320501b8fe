/// What the cursor file holds: the number of the first record that is not confirmed.
///
///     0   8 bytes  "OJCURSOR"
///     8   UInt64   the number
///     16  UInt32   CRC-32C of bytes 0 to 15
enum CursorFormat {
    static let byteCount = 20
    private static let magic = [UInt8]("OJCURSOR".utf8)

    static func bytes(for sequence: UInt64) -> [UInt8] {
        var bytes = magic
        bytes.append(littleEndian: sequence)
        bytes.append(littleEndian: bytes.withUnsafeBytes(CRC32C.checksum))
        return bytes
    }

    /// Nil when the bytes are not a cursor, whole and undamaged.
    static func sequence(from bytes: [UInt8]) -> UInt64? {
        guard bytes.count == byteCount, bytes.starts(with: magic) else { return nil }
        return bytes.withUnsafeBytes { bytes in
            let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<16]))
            guard bytes.littleEndian(at: 16, as: UInt32.self) == checksum else { return nil }
            return bytes.littleEndian(at: 8, as: UInt64.self)
        }
    }
}
