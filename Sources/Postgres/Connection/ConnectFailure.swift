/// libpq reports a failed connection as text only.
package enum ConnectFailure {
    /// Finds the SQLSTATE that verbose messages have after the severity, as in `FATAL:  28P01: password ...`. With
    /// several hosts the last one counts.
    package static func error(message: String) -> PostgresError {
        let text = message.trimmingNewlines
        var state: SQLState?
        for line in text.split(whereSeparator: \.isNewline) {
            for part in line.split(separator: ":  ").dropFirst() {
                let code = part.prefix(5)
                let isCode = code.utf8.count == 5 && code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
                if isCode, part.dropFirst(5).first == ":" { state = SQLState(rawValue: String(code)) }
            }
        }
        // Also refused without an SQLSTATE: libpq had no password to send.
        let isMissingPassword = text.contains("no password supplied")
        let code: PostgresError.Code =
            state?.errorClass == "28" || isMissingPassword ? .authenticationFailed : .connectFailed
        return PostgresError(code, sqlState: state, message: text)
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self[...]
        while text.last?.isNewline == true { text.removeLast() }
        return String(text)
    }
}
