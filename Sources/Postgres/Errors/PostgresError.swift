/// The one error type of this module.
///
/// ``description`` is safe to log: it has the code and the SQLSTATE, never SQL or data, because a server quotes
/// both in its messages. ``debugDescription`` has everything but passwords.
public struct PostgresError: Error, Sendable {
    /// What kind of thing went wrong.
    public let code: Code
    /// The server's own code, when the server had a say.
    public let sqlState: SQLState?
    /// The primary message: the server's, libpq's or this module's.
    public let message: String
    /// The server's detail, which often quotes values.
    public let detail: String?
    /// The server's hint.
    public let hint: String?
    /// The table the error is about, if the server names one.
    public let table: String?
    /// The column the error is about, if the server names one.
    public let column: String?
    /// The violated constraint, if the server names one.
    public let constraint: String?

    package init(
        _ code: Code,
        sqlState: SQLState? = nil,
        message: String,
        detail: String? = nil,
        hint: String? = nil,
        table: String? = nil,
        column: String? = nil,
        constraint: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.detail = detail
        self.hint = hint
        self.table = table
        self.column = column
        self.constraint = constraint
    }

    /// The same facts under another code.
    func with(_ code: Code) -> PostgresError {
        PostgresError(
            code,
            sqlState: sqlState,
            message: message,
            detail: detail,
            hint: hint,
            table: table,
            column: column,
            constraint: constraint
        )
    }

    /// Whether the same call may succeed later, unchanged.
    ///
    /// It does not say that repeating is harmless: after ``Code/connectionLost`` and ``Code/timedOut`` a statement
    /// may have taken effect, so only what is idempotent should be repeated.
    public var isRetriable: Bool {
        switch code {
        case .connectFailed, .connectionLost, .connectionClosed, .timedOut:
            // A database that does not exist does not come up by waiting.
            return sqlState != .invalidCatalogName
        case .server:
            switch sqlState?.errorClass {
            case "08", "40", "53": return true
            default: break
            }
            return switch sqlState {
            case .lockNotAvailable, .queryCanceled, .adminShutdown, .cannotConnectNow: true
            default: false
            }
        default:
            return false
        }
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The code and the SQLSTATE, safe to log.
    public var description: String {
        guard let sqlState else { return "PostgresError(\(code))" }
        return "PostgresError(\(code), SQLSTATE \(sqlState))"
    }

    /// Everything, what the server quotes of SQL and data included.
    public var debugDescription: String {
        var parts = ["\(code)"]
        if let sqlState { parts.append("SQLSTATE \(sqlState)") }
        parts.append(message)
        let fields = [
            ("detail", detail), ("hint", hint), ("table", table), ("column", column), ("constraint", constraint),
        ]
        for case (let name, let value?) in fields {
            parts.append("\(name): \(value)")
        }
        return "PostgresError(" + parts.joined(separator: "; ") + ")"
    }
}
