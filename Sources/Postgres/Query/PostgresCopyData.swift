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
    private var scratch: [UInt8] = []

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
        scratch.removeAll(keepingCapacity: true)
        value.encodePostgresText(into: &scratch)
        for byte in scratch {
            let escape: UInt8? =
                switch byte {
                case UInt8(ascii: "\\"): byte
                case UInt8(ascii: "\n"): UInt8(ascii: "n")
                case UInt8(ascii: "\r"): UInt8(ascii: "r")
                case UInt8(ascii: "\t"): UInt8(ascii: "t")
                default: nil
                }
            if byte == 0 { hasZeroByte = true }
            if let escape {
                chunks[last].append(UInt8(ascii: "\\"))
                chunks[last].append(escape)
            } else {
                chunks[last].append(byte)
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
