/// Columns for a terminal.
struct TextTable {
    let header: [String]
    let rows: [[String]]

    /// The lines, each column as wide as its longest cell; nothing follows the last cell of a line.
    var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = line.indices.map { column in
                line[column] + String(repeating: " ", count: widths[column] - line[column].count)
            }
            var text = cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }
}

extension TextTable {
    /// Lines of a label and a text.
    static func aligned(_ lines: [(label: String, text: String)]) -> String {
        let width = lines.map(\.label.count).max() ?? 0
        return lines.map { label, text in
            label + String(repeating: " ", count: width - label.count + 2) + text
        }.joined(separator: "\n")
    }
}
