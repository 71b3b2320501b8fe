/// Why bytes are not the JSON text that was expected.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, without any of the text itself.
    public var problem: String
    /// The offset of the byte where it shows.
    public var offset: Int

    /// Describes a fault.
    public init(_ problem: String, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    /// The fault in words.
    public var description: String { "\(problem) at byte \(offset)" }
}
