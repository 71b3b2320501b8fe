/// What a segment begins with, in every version of the format.
///
///     0   8 bytes  "OJOURNAL"
///     8   UInt32   version, 1
///     12  UInt32   CRC-32C of everything else: bytes 0 to 11, and 16 to 31
///     16  UInt64   the number of its first record
///     24  Int64    when it was begun, in milliseconds since 1970
struct SegmentHeader: Equatable {
    static let byteCount = 32
    static let version: UInt32 = 1
    private static let magic = [UInt8]("OJOURNAL".utf8)

    /// The number of the segment's first record.
    var first: UInt64
    /// When it was begun, in milliseconds since 1970.
    var time: Int64

    /// What was found at the beginning of a file.
    enum Finding: Equatable {
        case header(SegmentHeader)
        /// A later version of this program has written it.
        case foreign(version: UInt32)
        /// The file ends too early.
        case incomplete
        case damaged
    }

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: Self.magic)
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: first)
        bytes.append(littleEndian: time)
        let checksum = bytes.withUnsafeBytes { Self.checksum(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        bytes.replace(at: start + 12, littleEndian: checksum)
    }

    static func find(in bytes: UnsafeRawBufferPointer) -> Finding {
        guard bytes.count >= byteCount else { return .incomplete }
        guard bytes[..<8].elementsEqual(magic), bytes.littleEndian(at: 12, as: UInt32.self) == checksum(bytes) else {
            return .damaged
        }
        let version = bytes.littleEndian(at: 8, as: UInt32.self)
        guard version == Self.version else { return .foreign(version: version) }
        return .header(
            SegmentHeader(
                first: bytes.littleEndian(at: 16, as: UInt64.self),
                time: bytes.littleEndian(at: 24, as: Int64.self)
            )
        )
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<12]))
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[16..<byteCount]))
        return checksum.value
    }
}
