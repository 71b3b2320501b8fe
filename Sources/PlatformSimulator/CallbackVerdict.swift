/// What the platform makes of an answer.
public enum CallbackVerdict: Sendable, Hashable {
    /// `"NeedRecord":true`.
    case record
    /// `"NeedRecord":false`.
    case doNotRecord
    /// A valid answer without `NeedRecord` (or with `null`). The platform does not record; whoever wrote the answer
    /// probably meant something else, so it is told apart.
    case doNotRecordByOmission
    /// Nothing the platform could use: it asks again, and in the end does not record.
    case failed(CallbackFailure)

    /// The platform reads no more of a response body than this many bytes.
    public static let bodyLimit = 2_048

    /// Judges an answer as the platform does.
    ///
    /// - Parameters:
    ///   - status: The HTTP status code.
    ///   - isCompressed: Whether the body has a content encoding.
    ///   - body: The body, or at least its first ``bodyLimit`` bytes.
    ///   - bodyLength: The length of the whole body.
    package init(status: Int, isCompressed: Bool, body: some RandomAccessCollection<UInt8>, bodyLength: Int) {
        guard status == 200 else {
            self = .failed(.status)
            return
        }
        guard !isCompressed else {
            self = .failed(.compressed)
            return
        }
        switch NeedRecordReader.read(body.prefix(Self.bodyLimit)) {
        case .boolean(true):
            self = .record
        case .boolean(false):
            self = .doNotRecord
        case .missing:
            self = .doNotRecordByOmission
        case .notBoolean:
            self = .failed(.notBoolean)
        case .malformed:
            self = .failed(bodyLength > Self.bodyLimit ? .tooLong : .notJSON)
        }
    }
}
