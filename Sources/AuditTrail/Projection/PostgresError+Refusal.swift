internal import Postgres

extension PostgresError {
    /// Whether it is the data that the server refuses, so that the same data would be refused again: SQLSTATE class 22,
    /// data exceptions, or 23, violations of integrity constraints. Nothing of such a transaction was kept.
    var isRefusal: Bool {
        code == .server && (sqlState?.errorClass == "22" || sqlState?.errorClass == "23")
    }

    /// Whether an outcome is to be written that is written already.
    var isKnownOutcome: Bool {
        // Each partition's key has a name of its own.
        code == .server && sqlState == .uniqueViolation && constraint?.hasPrefix("outcomes_") == true
    }
}
