/// What an answer's body says about `NeedRecord`.
package enum NeedRecordReading: Sendable, Hashable {
    case boolean(Bool)
    /// The body is a JSON object, and the member is absent or `null`.
    case missing
    /// The member is a string, a number, an array or an object.
    case notBoolean
    /// The body is not a JSON object.
    case malformed
}
