public import Postgres

/// The migration that this program's queries need.
public enum SchemaVersion {
    /// The number of the newest migration that the queries of this program rely on.
    public static let required = 10

    /// Makes sure that the database is far enough for this program's queries. A newer database is fine: from
    /// the first release on, migrations are made so that the version before them can go on.
    ///
    /// - Throws: ``MigrationError`` when it is not; ``PostgresError`` when that cannot be found out.
    public static func check(on connection: PostgresConnection) async throws {
        let isMigrated = try await connection.query("SELECT to_regclass('needrecord.migrations') IS NOT NULL")[0]
            .decode(Bool.self, at: 0)
        let number =
            isMigrated
            ? try await connection.query("SELECT coalesce(max(number), 0) FROM needrecord.migrations")[0]
                .decode(Int.self, at: 0) : 0
        guard number >= required else {
            throw MigrationError(
                "the database is at migration \(number) and this program needs \(required); run `needrecord migrate`"
            )
        }
    }
}
