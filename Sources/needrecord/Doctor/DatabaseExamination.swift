import BusinessState
import DecisionCore
import Logging
import Postgres

/// Looks at the database: whether it can be reached, is migrated, and lets this login do its jobs and no more.
struct DatabaseExamination {
    private let settings: Settings
    private let logger: Logger

    init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    func findings() async -> [Finding] {
        let place = settings.database.redactedDescription
        do {
            let connection = try await PostgresConnection.connect(settings.database, logger: logger)
            var findings = [try await version(connection, place: place)]
            findings.append(try await login(connection))
            findings.append(try await clock(connection))
            findings.append(await schema(connection))
            await connection.close()
            if findings.last?.severity == .ok {
                for role in DatabaseRole.allCases { findings.append(await self.role(role)) }
            }
            return findings
        } catch let error as PostgresError {
            return [.fault("database", "\(place): \(error.message)", advice: advice(for: error))]
        } catch {
            return [.fault("database", "\(place): \(error)", advice: "Look into the database's log.")]
        }
    }

    private func advice(for error: PostgresError) -> String {
        switch error.code {
        case .authenticationFailed: "Check user and password in database.url (NEEDRECORD_DATABASE_URL)."
        default: "Is PostgreSQL running there? Check database.url (NEEDRECORD_DATABASE_URL)."
        }
    }

    private func version(_ connection: PostgresConnection, place: String) async throws -> Finding {
        let version = await connection.serverVersion
        let text = "PostgreSQL \(version / 10_000).\(version % 10_000) at \(place)"
        return version >= 140_000
            ? .ok("database", text)
            : .fault("database", "\(text) is too old", advice: "Use PostgreSQL 14 or newer.")
    }

    private func login(_ connection: PostgresConnection) async throws -> Finding {
        let (name, isSuperuser) = try await connection.query(
            "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = session_user"
        )[0].decode((String, Bool).self)
        return isSuperuser
            ? .warning("login", "\(name) is a superuser", advice: "Log in as a role that may do its job only.")
            : .ok("login", "\(name), no superuser")
    }

    /// The database's clock stands for the other machines': workers compare deadlines that gateways wrote.
    private func clock(_ connection: PostgresConnection) async throws -> Finding {
        let before = CivilClock.now()
        let theirs = try await connection.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")[0]
            .decode(Int64.self, at: 0)
        let after = CivilClock.now()
        let middle = (before.millisecondsSinceEpoch + after.millisecondsSinceEpoch) / 2
        let difference = theirs - middle
        let text = "the database's clock differs by \(difference) ms"
        return abs(difference) <= 250
            ? .ok("clock", text)
            : .fault("clock", text, advice: "Keep the clocks of all machines together with NTP; deadlines travel.")
    }

    private func schema(_ connection: PostgresConnection) async -> Finding {
        do {
            try await SchemaVersion.check(on: connection)
            return .ok("migrations", "the database has what this program needs")
        } catch let error as PostgresError {
            let isForbidden = error.sqlState == .insufficientPrivilege
            return .fault(
                "migrations",
                error.message,
                advice: isForbidden
                    ? "Grant this login the role of its job, such as needrecord_worker."
                    : "Run `needrecord migrate` as the database's owner."
            )
        } catch {
            return .fault("migrations", "\(error)", advice: "Run it as the database's owner.")
        }
    }

    private func role(_ role: DatabaseRole) async -> Finding {
        let check = "role \(role.rawValue)"
        do {
            let connection = try await PostgresConnection.connect(settings.database(as: role), logger: logger)
            let text = try await Self.sight(of: role, connection)
            await connection.close()
            return .ok(check, text)
        } catch {
            if error.code == .roleRefused {
                return .warning(
                    check,
                    "this login may not act as it",
                    advice: "If it should, run GRANT \(role.rawValue) TO this login, or `needrecord migrate --grant`."
                )
            }
            return .fault(check, error.message, advice: "Run `needrecord migrate` as the database's owner.")
        }
    }

    /// What a role sees of what it works with.
    private static func sight(of role: DatabaseRole, _ connection: PostgresConnection) async throws(PostgresError)
        -> String
    {
        if role == .auditor {
            let rows = try await connection.query("SELECT sum(next_offset)::bigint FROM needrecord.projections")
            let place = try rows[0].decode(Int?.self, at: 0)
            return place.map { "has read \($0) notices" } ?? "has read nothing yet"
        }
        // There may be millions; the shapes have counted them.
        let rows = try await connection.query("SELECT coalesce(sum(rules), 0)::bigint FROM needrecord.rule_shapes")
        let count = try rows[0].decode(Int.self, at: 0)
        return "may read \(count) \(count == 1 ? "rule" : "rules")"
    }
}
