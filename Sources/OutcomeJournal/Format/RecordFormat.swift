/// How a record lies in a segment: 16 bytes before it, then its own bytes.
///
///     0  UInt32  length of the payload
///     4  UInt32  CRC-32C of everything else: bytes 0 to 3, and 8 to the end
///     8  Int64   when it was written, in milliseconds since 1970
///     16         the payload
///
/// All numbers are little-endian. Zeros, as a file system may leave them behind after a loss of power, are no record.
enum RecordFormat {
    /// What comes before the payload.
    static let headerBytes = 16
    /// The longest payload. A length above it is damage, which bounds what a reader has to hold.
    static let maximumPayloadBytes = 1 << 20

    /// What was found where a record should begin.
    enum Finding: Equatable {
        /// A whole record; `payload` is its place in the bytes.
        case record(payload: Range<Int>, time: Int64)
        /// The bytes end before the record does; it takes this many, or more.
        case incomplete(needed: Int)
        /// This is no record, however many bytes follow.
        case damaged
    }

    /// The bytes that a payload of this length takes in a segment.
    static func size(ofPayload count: Int) -> Int { headerBytes + count }

    static func append(_ payload: [UInt8], time: Int64, to bytes: inout [UInt8]) {
        precondition(payload.count <= maximumPayloadBytes, "a record is too long")
        let start = bytes.count
        bytes.append(littleEndian: UInt32(payload.count))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: time)
        bytes.append(contentsOf: payload)
        let checksum = bytes.withUnsafeBytes { Self.checksum($0, at: start, length: payload.count) }
        bytes.replace(at: start + 4, littleEndian: checksum)
    }

    /// Reads one record from `offset` on.
    static func find(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Finding {
        let available = bytes.count - offset
        guard available >= headerBytes else { return .incomplete(needed: headerBytes) }
        let length = Int(bytes.littleEndian(at: offset, as: UInt32.self))
        guard length <= maximumPayloadBytes else { return .damaged }
        guard available >= size(ofPayload: length) else { return .incomplete(needed: size(ofPayload: length)) }
        let stated = bytes.littleEndian(at: offset + 4, as: UInt32.self)
        guard stated == checksum(bytes, at: offset, length: length) else { return .damaged }
        let payload = offset + headerBytes..<offset + headerBytes + length
        return .record(payload: payload, time: bytes.littleEndian(at: offset + 8, as: Int64.self))
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, at offset: Int, length: Int) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4]))
        checksum.update(UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + headerBytes + length]))
        return checksum.value
    }
}
