/// Why callbacks and outcomes could not be compared. Safe to log.
public struct AuditVerificationError: Error, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
