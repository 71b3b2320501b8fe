/// A five-character SQLSTATE, as listed in appendix A of the PostgreSQL manual.
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The five characters.
    public let rawValue: String

    /// Takes any five characters; the known ones are below.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The first two characters, which name the class of the condition.
    public var errorClass: String { String(rawValue.prefix(2)) }

    /// The five characters.
    public var description: String { rawValue }

    /// 0A000; also sent when a prepared statement no longer fits its table.
    public static let featureNotSupported = SQLState(rawValue: "0A000")
    /// 22P02: text that is no value of the type.
    public static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    /// 22012
    public static let divisionByZero = SQLState(rawValue: "22012")
    /// 23502
    public static let notNullViolation = SQLState(rawValue: "23502")
    /// 23503
    public static let foreignKeyViolation = SQLState(rawValue: "23503")
    /// 23505
    public static let uniqueViolation = SQLState(rawValue: "23505")
    /// 23514
    public static let checkViolation = SQLState(rawValue: "23514")
    /// 23P01
    public static let exclusionViolation = SQLState(rawValue: "23P01")
    /// 25006
    public static let readOnlySQLTransaction = SQLState(rawValue: "25006")
    /// 25P02: a statement in a transaction that has failed already.
    public static let inFailedSQLTransaction = SQLState(rawValue: "25P02")
    /// 25P03
    public static let idleInTransactionSessionTimeout = SQLState(rawValue: "25P03")
    /// 26000: the prepared statement does not exist.
    public static let invalidSQLStatementName = SQLState(rawValue: "26000")
    /// 28000
    public static let invalidAuthorizationSpecification = SQLState(rawValue: "28000")
    /// 28P01
    public static let invalidPassword = SQLState(rawValue: "28P01")
    /// 3D000: the database does not exist.
    public static let invalidCatalogName = SQLState(rawValue: "3D000")
    /// 40001
    public static let serializationFailure = SQLState(rawValue: "40001")
    /// 40P01
    public static let deadlockDetected = SQLState(rawValue: "40P01")
    /// 42501
    public static let insufficientPrivilege = SQLState(rawValue: "42501")
    /// 42601
    public static let syntaxError = SQLState(rawValue: "42601")
    /// 42703
    public static let undefinedColumn = SQLState(rawValue: "42703")
    /// 42P01
    public static let undefinedTable = SQLState(rawValue: "42P01")
    /// 42P07
    public static let duplicateTable = SQLState(rawValue: "42P07")
    /// 53300
    public static let tooManyConnections = SQLState(rawValue: "53300")
    /// 55P03: `lock_timeout` passed, or NOWAIT found a lock.
    public static let lockNotAvailable = SQLState(rawValue: "55P03")
    /// 57014: `statement_timeout` passed, or somebody cancelled the statement.
    public static let queryCanceled = SQLState(rawValue: "57014")
    /// 57P01: the server shuts down, or somebody terminated the session.
    public static let adminShutdown = SQLState(rawValue: "57P01")
    /// 57P03: the server starts up, shuts down or recovers.
    public static let cannotConnectNow = SQLState(rawValue: "57P03")
}
