/// Everything that is wrong with a file of keys, secrets and networks. No message has any of its values.
public struct AdmissionFileError: Error, Equatable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Sendable, Hashable {
        /// The line, from 1.
        public var line: Int
        /// What is wrong, and where: by its keys, such as `signatures.play.example.com.mode`.
        public var message: String
    }

    /// What is wrong, from the top of the file to its end; at least one thing.
    public let problems: [Problem]

    init(_ problems: [Problem]) {
        self.problems = problems.sorted { ($0.line, $0.message) < ($1.line, $1.message) }
    }

    /// What is wrong, such as `line 3: networks: ...; line 5: ...`.
    public var description: String {
        problems.map { "line \($0.line): \($0.message)" }.joined(separator: "; ")
    }
}
