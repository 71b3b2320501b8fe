import Foundation
import PlatformSimulator
import TestSupport
import Testing

/// Callbacks that prove where they are from, against the whole product.
struct AuthenticationEndToEndTests {
    private static let old = "oldkeyoldkeyoldk"
    private static let new = "newkeynewkeynewk"

    private func file(keys: String...) -> String {
        "signatures: {demo.aliyundoc.com: {mode: required, keys: [\(keys.joined(separator: ", "))]}}"
    }

    private func ask(_ service: ServiceProcess, key: String?) async throws -> Int {
        var client = PlatformClient(target: try await service.target())
        client.authKey = key
        return try await client.ask(.example, logger: ProductDatabase.logger).status
    }

    /// The answers to a callback with the old key, one with the new one, and one without any.
    private func statuses(_ service: ServiceProcess) async throws -> [Int] {
        [
            try await ask(service, key: Self.old), try await ask(service, key: Self.new),
            try await ask(service, key: nil),
        ]
    }

    @Test func `A key takes the place of another without a restart, and a faulty file changes nothing`() async throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("needrecord-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: url) }
        let path = url.path
        func write(_ text: String) throws { try Data(text.utf8).write(to: url, options: .atomic) }
        try write(file(keys: Self.old))

        try await Deployment.with { deployment in
            let service = try await deployment.start(.serve, settings: ["NEEDRECORD_AUTH_FILE": path])
            #expect(try await statuses(service) == [200, 401, 401])

            try write(file(keys: Self.new, Self.old))
            try await eventually("both keys to be right") { try await statuses(service) == [200, 200, 401] }

            try write(file(keys: Self.new) + "]")
            try await eventually("the fault to be seen") {
                try await service.status().parts["callback_authentication"] == "outdated"
            }
            #expect(try await statuses(service) == [200, 200, 401])
            try await service.process.waitForText("\(path): line 1: this is no YAML")

            try write(file(keys: Self.new))
            try await eventually("the new key to be the only one") { try await statuses(service) == [401, 200, 401] }
            #expect(try await service.status().parts["callback_authentication"] == "ok")

            service.process.signal(SIGHUP)
            try await service.process.waitForText("is as it was")
            #expect(try await statuses(service) == [401, 200, 401])

            let tally = try await service.settledCounters()
            let counters = try await service.status().counters
            #expect(tally.isConserved)
            #expect(tally.received == counters["auth.verified"])
            #expect(counters["auth.verified_by_other_key"] ?? 0 > 0)
            #expect(counters["auth.refused.signature_invalid"] ?? 0 > 0)
            #expect(counters["auth.refused.signature_missing"] ?? 0 > 0)
            #expect(counters["auth.file_taken"] == 2)
            #expect(counters["auth.file_refused"] == 1)
            #expect(try await service.stop() == 0)
            // Some of them are logged, and nothing of the keys ever is.
            #expect(service.process.text.contains("signature_invalid"))
            for key in [Self.old, Self.new] { #expect(!service.process.text.contains(key)) }
        }
    }
}
