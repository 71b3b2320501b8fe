/// Why a callback cannot be understood; it is answered with a client error and becomes neither an event nor a notice.
public struct BadCallback: Error, Equatable, CustomStringConvertible {
    /// What kind of fault it is; the text is the `code` of the JSON error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String, Sendable {
            case missing = "missing_parameter"
            case empty = "empty_parameter"
            case tooLong = "parameter_too_long"
            case invalidEncoding = "invalid_encoding"
            case controlCharacter = "control_character"
            case contradictory = "contradictory_parameter"
            case wrongType = "wrong_type"
            case outOfRange = "out_of_range"
            case unknownValue = "unknown_value"
            case malformedBody = "malformed_body"
        }

        private let base: Base

        /// A required parameter is absent.
        public static let missing = Code(base: .missing)
        /// A required parameter has no value.
        public static let empty = Code(base: .empty)
        /// A parameter is longer than may be, which is 255 bytes for a name.
        public static let tooLong = Code(base: .tooLong)
        /// A parameter is not percent-encoded UTF-8.
        public static let invalidEncoding = Code(base: .invalidEncoding)
        /// A parameter holds a control character.
        public static let controlCharacter = Code(base: .controlCharacter)
        /// A parameter is given more than once, with different values, or with one that belongs to another callback.
        public static let contradictory = Code(base: .contradictory)
        /// A parameter is of another type than it must be, such as a number that is no number.
        public static let wrongType = Code(base: .wrongType)
        /// A number is smaller or greater than it may be.
        public static let outOfRange = Code(base: .outOfRange)
        /// A word is none of those that it may be.
        public static let unknownValue = Code(base: .unknownValue)
        /// The body is not the JSON object that its content type announces.
        public static let malformedBody = Code(base: .malformedBody)

        /// The fault in words.
        public var description: String { base.rawValue }
    }

    /// What kind of fault it is.
    public var code: Code
    /// The parameter at fault; nil when it is the body as a whole.
    public var field: String?
    /// The fault in words, without any of the caller's text.
    public var message: String

    /// Describes a fault.
    public init(_ code: Code, field: String? = nil, _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }

    /// The fault in words.
    public var description: String { message }
}
