/// Why rules cannot be changed as asked, or be shown; the text is for an operator.
public struct RuleStoreError: Error, Equatable, CustomStringConvertible {
    /// What is wrong and, where that helps, what to do about it.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
