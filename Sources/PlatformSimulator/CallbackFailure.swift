/// Why a question did not get an answer that the platform could use.
///
/// The raw value is the name under which reports count it.
public enum CallbackFailure: String, Sendable, Hashable, CaseIterable {
    // No answer.

    /// The server's host refused the connection.
    case refused
    /// No connection came about for another reason, such as a host name that does not resolve.
    case unreachable
    /// The server reset the connection before the answer was complete.
    case reset
    /// The server closed the connection before the answer was complete.
    case closed
    /// The answer was not complete within the timeout.
    case timeout
    /// What the server sent is not HTTP/1.
    case notHTTP = "not_http"

    // An answer that the platform takes for a failed call, or cannot read.

    /// The status is not 200. The platform counts 201, 204 and redirects as failures too.
    case status
    /// The body has a content encoding. The platform offers `gzip`; the simulator cannot read it.
    case compressed
    /// The body is cut: the platform reads 2,048 bytes, and those are not a whole JSON object.
    case tooLong = "too_long"
    /// The body is not a JSON object.
    case notJSON = "not_json"
    /// `NeedRecord` is there, but neither `true` nor `false`.
    case notBoolean = "not_boolean"

    // Not the server's doing.

    /// The request was due, but no connection was free until the run was over.
    case notSent = "not_sent"
    /// The run was cancelled while the answer was outstanding.
    case cancelled
}
