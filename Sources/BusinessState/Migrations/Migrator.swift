public import Postgres

/// Brings the database to the newest migration: in order, each in its own transaction, one migrator at a time.
public struct Migrator: Sendable {
    /// The lock that keeps two migrators apart; an arbitrary number that nothing else uses.
    private static let lock: Int64 = 0x6E65_6564_7265_6301

    private let files: [MigrationFile]
    private let connection: PostgresConnection

    /// A migrator.
    ///
    /// - Parameters:
    ///   - files: The migrations that this program knows, in order.
    ///   - connection: As the owner of the database, with the right to create roles.
    public init(files: [MigrationFile], connection: PostgresConnection) {
        self.files = files
        self.connection = connection
    }

    /// What is applied and what is not, in order. Changes nothing.
    ///
    /// - Throws: ``MigrationError`` when an applied file is another one now, or the database is newer than this program.
    public func status() async throws -> [MigrationStatus] {
        let isSetUp = try await connection.query("SELECT to_regclass('needrecord.migrations') IS NOT NULL")[0]
            .decode(Bool.self, at: 0)
        return try await compare(with: isSetUp ? applied() : [])
    }

    /// Applies what is not applied yet.
    ///
    /// - Parameter willApply: Called before each migration.
    /// - Returns: What was applied.
    /// - Throws: ``MigrationError``, or ``PostgresError`` from a migration; then the ones before it stay applied.
    @discardableResult
    public func migrate(willApply: (MigrationFile) -> Void = { _ in }) async throws -> [MigrationFile] {
        try await connection.execute("SELECT pg_advisory_lock(\(Self.lock))", timeout: .seconds(300))
        do {
            let result = try await migrateLocked(willApply)
            try await connection.execute("SELECT pg_advisory_unlock(\(Self.lock))")
            return result
        } catch {
            // A connection that is lost has lost its locks too.
            _ = try? await connection.execute("SELECT pg_advisory_unlock(\(Self.lock))")
            throw error
        }
    }

    private func migrateLocked(_ willApply: (MigrationFile) -> Void) async throws -> [MigrationFile] {
        try await connection.simpleQuery(
            """
            CREATE SCHEMA IF NOT EXISTS needrecord;
            CREATE TABLE IF NOT EXISTS needrecord.migrations (
                number     integer PRIMARY KEY,
                name       text NOT NULL,
                sha256     text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now(),
                applied_by text NOT NULL DEFAULT session_user
            );
            COMMENT ON TABLE needrecord.migrations IS 'The migrations that were applied, kept by needrecord migrate.';
            """
        )
        var done: [MigrationFile] = []
        for status in try await compare(with: applied()) where !status.isApplied {
            willApply(status.file)
            try await apply(status.file)
            done.append(status.file)
        }
        return done
    }

    private func apply(_ file: MigrationFile) async throws {
        try await connection.withTransaction { transaction in
            try await transaction.simpleQuery(file.sql)
            try await transaction.execute(
                """
                INSERT INTO needrecord.migrations (number, name, sha256)
                VALUES (\(file.number), \(file.name), encode(sha256(convert_to(\(file.sql), 'UTF8')), 'hex'))
                """
            )
        }
    }

    private struct Applied {
        var number: Int
        var name: String
        var sha256: String
    }

    private func applied() async throws -> [Applied] {
        try await connection.query("SELECT number, name, sha256 FROM needrecord.migrations ORDER BY number").map {
            row in
            let (number, name, sha256) = try row.decode((Int, String, String).self)
            return Applied(number: number, name: name, sha256: sha256)
        }
    }

    private func compare(with applied: [Applied]) async throws -> [MigrationStatus] {
        if let newest = applied.last, newest.number > files.count {
            throw MigrationError(
                "the database is at migration \(newest.number) (\(newest.name)) and this program knows only "
                    + "\(files.count): it is from a newer version; use that version"
            )
        }
        for (index, entry) in applied.enumerated() where entry.number != index + 1 {
            throw MigrationError(
                "the database's list of migrations has no number \(index + 1): somebody has changed it"
            )
        }
        let checksums = try await checksums()
        for entry in applied where entry.sha256 != checksums[entry.number - 1] {
            throw MigrationError(
                "migration \(entry.number) (\(entry.name)) is not what was applied to this database: "
                    + "a migration that was applied must never change"
            )
        }
        return files.map { MigrationStatus(file: $0, isApplied: $0.number <= applied.count) }
    }

    /// The database computes the checksums, so that both sides of the comparison come from one implementation.
    private func checksums() async throws -> [String] {
        try await connection.query(
            """
            SELECT encode(sha256(convert_to(sql, 'UTF8')), 'hex')
            FROM unnest(\(files.map(\.sql))::text[]) WITH ORDINALITY AS file (sql, number)
            ORDER BY number
            """
        ).map { row in try row.decode(String.self, at: 0) }
    }
}

/// A migration, and whether the database has it.
public struct MigrationStatus: Sendable {
    /// The migration.
    public let file: MigrationFile
    /// Whether it was applied.
    public let isApplied: Bool
}
