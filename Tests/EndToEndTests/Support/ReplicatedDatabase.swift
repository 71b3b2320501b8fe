import Foundation
import TestSupport

/// A primary database of the tests and its synchronous standby.
struct ReplicatedDatabase {
    /// Both, of which the one that takes writes is to be used.
    let url: String

    /// Runs `body` with the pair, and makes it whole again in any case.
    static func with(_ body: (ReplicatedDatabase) async throws -> Void) async throws {
        try await Server.start([.postgresPrimary, .postgresStandby])
        let database = ReplicatedDatabase(url: try TestEnvironment.clusterDatabaseURL())
        do {
            try await body(database)
        } catch {
            try await database.restore()
            throw error
        }
        try await database.restore()
    }

    /// Kills the primary, and has the standby take its place.
    func failOver() async throws {
        try await Server.postgresPrimary.kill()
        try await Server.promoteStandby()
    }

    /// The primary goes on from where it was killed, and has a new standby.
    private func restore() async throws {
        try await Server.postgresStandby.stop()
        try await Server.start([.postgresPrimary, .postgresStandby])
    }
}
