/// Rows in COPY's text format.
public struct PostgresCopyData: Sendable {
    /// How many bytes a piece has when the next one is begun.
    private static let chunkSize = 64 * 1024

    /// The number of values in each row.
    public let columnCount: Int
    /// The number of rows so far.
    public private(set) var rowCount = 0
    private(set) var chunks: [[UInt8]] = []
    private(set) var hasWrongColumnCount = false
    private(set) var hasZeroByte = false

    /// Rows of `columnCount` values.
    public init(columnCount: Int) {
        self.columnCount = columnCount
    }

    /// Adds a row of values of different types.
    public mutating func append<each Value: PostgresEncodable>(_ values: repeat each Value) {
        var row = RowWriter()
        for value in repeat each values { write(value, &row) }
        end(row)
    }

    /// Adds a row of values in text form, nil for NULL.
    public mutating func append(row values: [String?]) {
        var row = RowWriter()
        for value in values { write(value, &row) }
        end(row)
    }

    private struct RowWriter {
        var count = 0
    }

    private mutating func write(_ value: some PostgresEncodable, _ row: inout RowWriter) {
        if row.count == 0, chunks.last.map({ $0.count >= Self.chunkSize }) ?? true {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkSize + 1024)
        }
        let last = chunks.count - 1
        if row.count > 0 { chunks[last].append(UInt8(ascii: "\t")) }
        row.count += 1
        guard !value.isPostgresNull else {
            chunks[last].append(UInt8(ascii: "\\"))
            chunks[last].append(UInt8(ascii: "N"))
            return
        }
        let start = chunks[last].count
        value.encodePostgresText(into: &chunks[last])
        // Nearly no value has anything to escape.
        if chunks[last][start...].contains(where: Self.isSpecial) { escape(from: start, in: last) }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case 0, UInt8(ascii: "\\"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): true
        default: false
        }
    }

    /// Writes the end of a piece again, escaped.
    private mutating func escape(from start: Int, in chunk: Int) {
        let text = Array(chunks[chunk][start...])
        chunks[chunk].removeSubrange(start...)
        for byte in text {
            switch byte {
            case 0: hasZeroByte = true
            case UInt8(ascii: "\\"): chunks[chunk] += [byte, byte]
            case UInt8(ascii: "\n"): chunks[chunk] += "\\n".utf8
            case UInt8(ascii: "\r"): chunks[chunk] += "\\r".utf8
            case UInt8(ascii: "\t"): chunks[chunk] += "\\t".utf8
            default: chunks[chunk].append(byte)
            }
        }
    }

    private mutating func end(_ row: RowWriter) {
        guard row.count == columnCount, row.count > 0 else {
            hasWrongColumnCount = true
            return
        }
        chunks[chunks.count - 1].append(UInt8(ascii: "\n"))
        rowCount += 1
    }

    /// All pieces in one.
    package var bytes: [UInt8] { Array(chunks.joined()) }
}
