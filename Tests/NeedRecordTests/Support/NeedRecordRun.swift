import Foundation
import TestSupport
import Testing

/// One run of the executable to its end.
struct NeedRecordRun {
    /// Its exit code.
    let status: Int32
    /// What it printed on both outputs.
    let text: String

    /// Runs the executable with these settings in its environment, and checks that it keeps their secrets.
    static func run(_ arguments: String..., settings: [String: String] = [:]) async throws -> NeedRecordRun {
        try await run(arguments, settings: settings)
    }

    static func run(_ arguments: [String], settings: [String: String] = [:]) async throws -> NeedRecordRun {
        // What the stack has exported for people would be taken as settings.
        let unset = ["NEEDRECORD_AMQP_URL": absentBroker, "NEEDRECORD_DATABASE_URL": absentDatabase]
        let environment = unset.merging(settings) { $1 }
        let (status, text) = try await ChildProcess.run(
            TestEnvironment.executable(),
            arguments,
            environment: environment
        )
        for url in Array(environment.values) + arguments {
            guard let password = URLComponents(string: url)?.password, !password.isEmpty else { continue }
            #expect(!text.contains(password), "a password is shown")
        }
        return NeedRecordRun(status: status, text: text)
    }

    /// A broker and a database that refuse connections.
    static let absentBroker = "amqp://somebody:brokersecret@127.0.0.1:1/"
    static let absentDatabase = "postgresql://somebody:databasesecret@127.0.0.1:1/needrecord"

    /// What it printed, read as JSON.
    var json: [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    }
}

extension ProductDatabase {
    /// Settings that lead to this database.
    var settings: [String: String] { ["NEEDRECORD_DATABASE_URL": url] }
}
