import Foundation
import TestSupport
import Testing
import Wire

/// What keeps a worker from its work.
@Suite struct WorkerCommandTests {
    @Test func `A worker that cannot log in to the database says so, and not that the broker is away`() async throws {
        try await ProductBroker.withTopology { topology in
            var database = try #require(URLComponents(string: TestEnvironment.databaseURL()))
            database.password = "wrongsecret"
            var settings = try ServiceProcess.environment(database: nil, namespace: topology.namespace)
            settings["NEEDRECORD_DATABASE_URL"] = database.string
            let worker = try ServiceProcess.start(["worker"], environment: settings)
            try await worker.process.waitForText("Connected to the broker, but could not begin")
            try await worker.process.waitForText("authenticationFailed")
            #expect(try await worker.status().parts["work_queue"] == "not consuming")
            #expect(!worker.process.text.contains("Not connected to the broker"))
            #expect(!worker.process.text.contains("wrongsecret"))
            #expect(try await worker.stop() == 0)
        }
    }
}
