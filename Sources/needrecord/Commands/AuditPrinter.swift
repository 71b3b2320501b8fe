import Glibc
import Postgres

/// Prints the rows of any result.
struct AuditPrinter {
    let format: AuditFormat
    /// Whether the header was printed, which is printed once.
    private var hasHeader = false

    init(_ format: AuditFormat) {
        self.format = format
    }

    /// Prints rows. In JSON the last column of each is its object.
    mutating func print(_ rows: some Sequence<PostgresRow>, columns: [String]) {
        switch format {
        case .json: for row in rows { Swift.print(row[row.count - 1] ?? "null") }
        case .csv:
            if !hasHeader { Swift.print(Self.csv(columns), terminator: "\r\n") }
            for row in rows { Swift.print(Self.csv((0..<row.count).map { row[$0] ?? "" }), terminator: "\r\n") }
        case .table:
            let cells = rows.map { row in (0..<row.count).map { Self.cell(row[$0]) } }
            let header = columns.map { $0.uppercased() }
            // What is followed has its header once, and each part of it columns of its own width.
            let table =
                hasHeader && !cells.isEmpty
                ? TextTable(header: cells[0], rows: Array(cells.dropFirst())) : TextTable(header: header, rows: cells)
            if !hasHeader || !cells.isEmpty { Swift.print(table.text) }
        }
        hasHeader = true
        // Who follows through a pipe waits for the rows.
        fflush(nil)
    }

    /// A line by RFC 4180, without its end.
    static func csv(_ values: [String]) -> String {
        values.map { value in
            let needsQuotes = value.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\r" || $0 == "\n" }
            guard needsQuotes else { return value }
            return "\"" + value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
                + "\""
        }.joined(separator: ",")
    }

    /// What a name has in it must not move the terminal's cursor.
    private static func cell(_ value: String?) -> String {
        guard let value else { return "-" }
        return String(
            String.UnicodeScalarView(value.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
        )
    }
}
