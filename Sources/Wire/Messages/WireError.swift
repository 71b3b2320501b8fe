/// Why a message of another part cannot be understood, or kept. Such a message is kept in the dead queue, never guessed
/// at.
public struct WireError: Error, Equatable, CustomStringConvertible {
    /// What kind of fault it is; the text is the reason that stands in the dead queue.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String, Sendable {
            case malformedBody = "malformed_body"
            case unknownSchema = "unknown_schema"
            case missingField = "missing_field"
            case invalidField = "invalid_field"
            case refusedByDatabase = "refused_by_database"
        }

        private let base: Base

        /// The body is not the JSON text that it should be.
        public static let malformedBody = Code(base: .malformedBody)
        /// The body's `schema` is a version that this program does not know.
        public static let unknownSchema = Code(base: .unknownSchema)
        /// A required member or property is absent.
        public static let missingField = Code(base: .missingField)
        /// A member or property has a value that it cannot have.
        public static let invalidField = Code(base: .invalidField)

        /// The message is understood, and the database does not take what it says.
        public static let refusedByDatabase = Code(base: .refusedByDatabase)

        /// The fault in words.
        public var description: String { base.rawValue }
    }

    /// What kind of fault it is.
    public var code: Code
    /// The field at fault, what is wrong with the text, or what the database said; never a value.
    public var detail: String

    /// Describes a fault.
    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// The fault in words.
    public var description: String { "\(code): \(detail)" }
}
