import ArgumentParser
import Foundation

/// Where a report goes.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Write the report to this file, too.", valueName: "file"))
    var write: String?

    /// These options as they were given, for the command that a report says it was made by.
    var arguments: [String] { write.map { ["--write", $0] } ?? [] }

    /// Writes the report, or what there is of it so far.
    func save(_ text: String) throws {
        if let write { try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: write)) }
    }

    /// Another file as the report's file can link it.
    func link(to file: String) -> String {
        guard let write else { return file }
        let start = Self.components(of: write).dropLast()
        let end = Self.components(of: file)
        let shared = zip(start, end).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: start.count - shared) + end[shared...]).joined(separator: "/")
    }

    private static func components(of file: String) -> [String] {
        URL(fileURLWithPath: file).absoluteURL.standardizedFileURL.pathComponents
    }
}

/// Prints a line on standard error.
func printError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
