/// Everything that is wrong with a rule file.
public struct RuleFileError: Error, Equatable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Sendable, Hashable {
        /// The line, from 1.
        public var line: Int
        /// The column, from 1, in Unicode scalars.
        public var column: Int
        /// What was found, and what is allowed.
        public var message: String
    }

    /// What is wrong, from the top of the file to its end; at least one thing.
    public let problems: [Problem]

    init(_ problems: [Problem]) {
        self.problems = problems.sorted { ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message) }
    }

    /// One line for each problem, such as `3:5: ...`.
    public var description: String {
        problems.map { "\($0.line):\($0.column): \($0.message)" }.joined(separator: "\n")
    }

    /// One line for each problem, such as `rules.yaml:3:5: ...`, which editors and terminals can jump to.
    public func description(ofFile name: String) -> String {
        problems.map { "\(name):\($0.line):\($0.column): \($0.message)" }.joined(separator: "\n")
    }
}
