/// Why the database cannot be brought, or is not, where this program needs it; the text is for an operator.
public struct MigrationError: Error, Equatable, CustomStringConvertible {
    /// What is wrong and, where that helps, what to do about it.
    public let description: String

    /// Describes a fault.
    public init(_ description: String) {
        self.description = description
    }
}
