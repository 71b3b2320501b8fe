import Foundation
import TestSupport
import Testing

/// Callbacks over HTTPS, and the gateway's way to the broker over TLS.
@Suite(.timeLimit(.minutes(2))) struct TLSEndToEndTests {
    private static func environment(_ name: String) throws -> String {
        try #require(ProcessInfo.processInfo.environment[name], "\(name) is not set: run the tests with `make test`")
    }

    /// Makes a certificate that signs itself, for `localhost` and with this name.
    private static func makeCertificate(_ name: String, in directory: String, as file: String = "gateway") async throws
    {
        let made = try await ChildProcess.run(
            URL(fileURLWithPath: "/usr/bin/openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/O=\(name)/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(directory)/\(file).key",
                "-out", "\(directory)/\(file).pem",
            ]
        )
        try #require(made.status == 0, "\(made.text)")
    }

    private static func curl(_ arguments: [String]) async throws -> (status: Int32, text: String) {
        try await ChildProcess.run(
            URL(fileURLWithPath: "/usr/bin/curl"),
            ["--silent", "--show-error", "--verbose", "--max-time", "10"] + arguments
        )
    }

    @Test func `A callback over HTTPS is answered, and another certificate takes the place of the first`() async throws
    {
        let scratch = TemporaryDirectory()
        let directory = scratch.path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try await Self.makeCertificate("First", in: directory)
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let tls = try Self.environment("NEEDRECORD_TEST_TLS")
            var broker = try #require(URLComponents(string: try Self.environment("NEEDRECORD_TEST_AMQP_URL")))
            broker.scheme = "amqps"
            broker.host = "localhost"
            broker.port = Int(try Self.environment("NEEDRECORD_TEST_AMQPS_PORT"))
            broker.percentEncodedQuery = "cacertfile=\(tls)/authority.pem"
            let service = try await deployment.start(
                .serve,
                settings: [
                    "NEEDRECORD_AMQP_URL": try #require(broker.string),
                    "NEEDRECORD_HTTP_TLS_CERTIFICATE_FILE": "\(directory)/gateway.pem",
                    "NEEDRECORD_HTTP_TLS_KEY_FILE": "\(directory)/gateway.key",
                ]
            )
            let url = "https://localhost:\(try await service.callbackPort())/?app=a&domain=d&stream=s"
            let first = try await Self.curl(["--cacert", "\(directory)/gateway.pem", url])
            #expect(first.status == 0, "\(first.text)")
            #expect(first.text.contains(DocumentedAnswer.record))
            #expect(first.text.contains("O=First"))

            // A client that does not speak TLS, or an old one, gets nothing.
            let plain = try await Self.curl([url.replacing("https:", with: "http:")])
            #expect(plain.status != 0)
            let old = try await Self.curl(
                ["--insecure", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", url]
            )
            #expect(old.status == 35, "\(old.text)")

            // A file with a fault changes nothing, a good one does.
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: "\(directory)/gateway.pem"))
            try await service.process.waitForText("the certificate cannot be used")
            let during = try await Self.curl(["--insecure", url])
            #expect(during.text.contains("O=First"), "\(during.text)")
            try await Self.makeCertificate("Second", in: directory)
            try await eventually("the second certificate") {
                try await Self.curl(["--cacert", "\(directory)/gateway.pem", url]).text.contains("O=Second")
            }
        }
    }

    @Test func `A connection over HTTPS that says nothing is idle, not slow`() async throws {
        let scratch = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        try await Self.makeCertificate("First", in: scratch.path)
        try await Deployment.with { deployment in
            let gateway = try await deployment.start(
                .gateway,
                settings: [
                    "NEEDRECORD_HTTP_TLS_CERTIFICATE_FILE": "\(scratch.path)/gateway.pem",
                    "NEEDRECORD_HTTP_TLS_KEY_FILE": "\(scratch.path)/gateway.key",
                    "NEEDRECORD_HTTP_REQUEST_TIMEOUT": "300ms", "NEEDRECORD_HTTP_IDLE_TIMEOUT": "2s",
                ]
            )
            let port = try await gateway.callbackPort()
            // Its standard input has ended; with -ign_eof it waits for the gateway to end the connection.
            let client = try ChildProcess(
                URL(fileURLWithPath: "/usr/bin/openssl"),
                ["s_client", "-connect", "127.0.0.1:\(port)", "-ign_eof", "-quiet"]
            )
            _ = try await client.wait()
            // What it was sent before the connection ended is in its output: no answer to a request that never was.
            #expect(!client.text.contains("HTTP/1.1"), "\(client.text)")
            #expect(try await gateway.status().counters["callbacks.rejected"] ?? 0 == 0)
        }
    }

    @Test(arguments: ["NEEDRECORD_HTTP_TLS_CERTIFICATE_FILE", "NEEDRECORD_HTTP_TLS_KEY_FILE"])
    func `Half of a certificate is refused at the start, by name`(variable: String) async throws {
        try await Deployment.with { deployment in
            let environment = try deployment.environment.merging([variable: "/nowhere.pem"]) { $1 }
            let run = try await ChildProcess.run(TestEnvironment.executable(), ["gateway"], environment: environment)
            #expect(run.status == 78)
            #expect(run.text.contains(variable))
        }
    }
}
