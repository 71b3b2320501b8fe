import Foundation
import TestSupport
import Testing

/// How processes end that have done their work, and how they go on when nobody hears of it.
struct ProcessEndEndToEndTests {
    @Test func `A log that nobody reads costs no answer, and does not keep a process from ending`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve, settings: ["NEEDRECORD_LOG_LEVEL": "debug"])
            _ = try await (service.callbackPort(), service.opsPort())
            service.process.stopReading()
            // Each has a line in the log, and a pipe takes 64 KiB.
            let count = 2_000
            for _ in 0..<count {
                #expect(try await service.ask(.example).text == DocumentedAnswer.record)
            }
            let tally = try await service.settledCounters()
            #expect(tally.recorded == count)
            #expect(service.process.text.utf8.count < 65_536)
            service.process.signal(SIGTERM)
            #expect(try await service.process.wait() == 0)
        }
    }

    /// A thread of a connection that is ending, or closing it, would use what is freed: one command in some hundreds died
    /// of that on a busy machine, after it had done its work.
    @Test func `OpenSSL is not taken from threads that still run`() async throws {
        let scratch = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let library = try await PreloadedLibrary.build(
            source.appendingPathComponent("Support/exit-watch.c"),
            in: scratch.path
        )
        let watching = ["LD_PRELOAD": library]
        let openssl = try await ChildProcess.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["openssl", "rand", "1"],
            environment: watching
        )
        try #require(openssl.text.contains("OpenSSL ends"), "what watches is blind: \(openssl.text)")
        try await Deployment.with { deployment in
            let command = try await ChildProcess.run(
                TestEnvironment.executable(),
                ["doctor"],
                environment: deployment.environment.merging(watching) { $1 }
            )
            // It has been at the database and the broker.
            #expect(command.text.contains("librabbitmq"))
            #expect(!command.text.contains("OpenSSL ends"), "\(command.text)")
        }
    }
}
