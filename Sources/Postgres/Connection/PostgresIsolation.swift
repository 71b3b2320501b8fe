/// How far a transaction is isolated from others.
public enum PostgresIsolation: String, Sendable, Hashable {
    /// Each statement sees what was committed before it.
    case readCommitted = "READ COMMITTED"
    /// The transaction sees what was committed before its first statement; conflicts fail with SQLSTATE 40001.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after another; conflicts fail with SQLSTATE 40001.
    case serializable = "SERIALIZABLE"
}

/// Whether a transaction may write.
public enum PostgresAccessMode: String, Sendable, Hashable {
    /// Reads and writes.
    case readWrite = "READ WRITE"
    /// Writing fails with SQLSTATE 25006.
    case readOnly = "READ ONLY"
}
