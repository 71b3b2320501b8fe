/// Whether a callback has to prove something about itself.
enum AdmissionMode: String, Sendable, CaseIterable {
    /// It is not looked at.
    case off
    /// What is there must be right, and nothing need be there.
    case optional
    /// It must be there and be right.
    case required
}
