internal import Postgres

extension PostgresError {
    /// Whether it is the data that the server refuses, so that the same data would be refused again: SQLSTATE class 22,
    /// data exceptions, or 23, violations of integrity constraints. Nothing of such a transaction was kept.
    var isRefusal: Bool {
        code == .server && (sqlState?.errorClass == "22" || sqlState?.errorClass == "23")
    }
}
