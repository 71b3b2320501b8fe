import AMQP
import DecisionCore
import Foundation
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// Who is let in, over HTTP. Most of this needs no broker: who is let in gets the default, and a notice 503.
    @Suite struct AdmissionTests {
        private static let question = "domain=play.example&app=a&stream=s"
        private static let status = #"{"domain":"play.example","app":"a","stream":"s","event":"record_started"}"#
        private static let ingest = "action=publish&app=push.example&appname=a&id=s&time=1"
        private static let key = "0123456789abcdef"
        private static let signatures = """
            signatures:
              play.example: {mode: required, keys: [\(key)]}
              push.example: {mode: required, keys: [fedcba9876543210]}
              old.example: {mode: optional, keys: [\(key)]}
              open.example: {mode: off}
            """

        private func withGateway(
            _ file: String,
            configure: (inout AdmissionSettings) -> Void = { _ in },
            _ body: (RunningGateway, HTTPConnection) async throws -> Void
        ) async throws {
            var settings = AdmissionSettings(try AdmissionPolicy(yaml: Array(file.utf8)))
            configure(&settings)
            try await RunningGateway.with(
                amqp: RunningGateway.absentBroker(),
                configure: {
                    $0.admission = settings
                    // There is no broker to wait for.
                    $0.journalDrain = .zero
                }
            ) { gateway in
                let connection = try await gateway.connect()
                defer { connection.close() }
                try await body(gateway, connection)
            }
        }

        /// The header fields of a signature.
        private func signed(
            _ name: String,
            by key: String = key,
            secondsAgo: Int = 0
        ) -> String {
            let time = String(Int(Date().timeIntervalSince1970) - secondsAgo)
            let digest = CallbackSignature.digest(name: name, timestamp: time, key: Secret(key))
            let digits = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().uppercased()
            return "ali-live-timestamp: \(time)\r\nALI-LIVE-SIGNATURE: \(digits)\r\n"
        }

        // MARK: Signatures

        @Test func `An on-demand callback is signed over the host, with its port or without`() async throws {
            try await withGateway(Self.signatures) { gateway, connection in
                for name in ["gateway", "gateway:8080"] {
                    let answer = try await connection.send(get: "/?\(Self.question)", signed(name))
                    #expect(answer.status == 200)
                }
                let answer = try await connection.send(get: "/?\(Self.question)", signed("play.example"))
                #expect(answer.status == 401)
                #expect(answer.error("code") == "signature_invalid")
                #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
                #expect(answer.headers["www-authenticate"]?.hasPrefix("ALI-LIVE") == true)
                #expect(answer.headers["x-needrecord-event"] == nil)
                #expect(gateway.gateway.admissionCounters.verified == 2)
                #expect(gateway.gateway.admissionCounters.refused == [.signatureInvalid: 1])
                #expect(gateway.gateway.counters.rejected == [401: 1])
                #expect(gateway.gateway.counters.received == 2)
            }
        }

        @Test func `A recording callback is signed over the host, and an ingest callback over the ingest domain`()
            async throws
        {
            try await withGateway(Self.signatures) { gateway, connection in
                let recording = "/callbacks/recording"
                let first = try await connection.send(post: recording, Self.status, signed("gateway"))
                #expect(first.status == 503)
                #expect(try await connection.send(post: recording, Self.status, signed("play.example")).status == 401)
                let ingest = "/callbacks/ingest?\(Self.ingest)"
                let push = "fedcba9876543210"
                #expect(try await connection.send(get: ingest, signed("push.example", by: push)).status == 503)
                #expect(try await connection.send(get: ingest, signed("gateway", by: push)).status == 401)
                #expect(try await connection.send(get: ingest, signed("push.example")).status == 401)
                #expect(gateway.gateway.noticeCounters.received == 2)
                #expect(gateway.gateway.admissionCounters.refused == [.signatureInvalid: 3])
            }
        }

        @Test(arguments: [
            ("play.example", "", 401, "signature_missing"),
            ("play.example", "ALI-LIVE-TIMESTAMP: 1\r\n", 401, "signature_missing"),
            ("play.example", "ALI-LIVE-TIMESTAMP: x\r\nALI-LIVE-SIGNATURE: y\r\n", 401, "signature_malformed"),
            ("play.example", "OUTDATED", 401, "timestamp_out_of_tolerance"),
            ("old.example", "", 200, nil),
            ("old.example", "ALI-LIVE-SIGNATURE: y\r\n", 401, "signature_missing"),
            ("open.example", "ALI-LIVE-SIGNATURE: y\r\n", 200, nil),
            ("else.example", "", 403, "domain_not_listed"),
        ])
        func `Each domain demands its own`(
            domain: String,
            fields: String,
            status: Int,
            code: String?
        ) async throws {
            let fields = fields == "OUTDATED" ? signed("gateway", secondsAgo: 302) : fields
            try await withGateway(Self.signatures) { gateway, connection in
                let answer = try await connection.send(get: "/?domain=\(domain)&app=a&stream=s", fields)
                #expect(answer.status == status)
                #expect(answer.error("code") == code)
                let counters = gateway.gateway.admissionCounters
                #expect(counters.refused.values.reduce(0, +) == (status == 200 ? 0 : 1))
                #expect(counters.unsigned == (domain == "old.example" && status == 200 ? 1 : 0))
                #expect(counters.verified == 0)
                #expect(gateway.gateway.counters.received == (status == 200 ? 1 : 0))
            }
        }

        @Test func `Where the hosts are set, the request's own does not count`() async throws {
            let file = """
                signatures:
                  "*": {mode: required, keys: [\(Self.key)], hosts: [record.example]}
                """
            try await withGateway(file) { _, connection in
                let first = try await connection.send(get: "/?\(Self.question)", signed("record.example"))
                #expect(first.status == 200)
                #expect(try await connection.send(get: "/?\(Self.question)", signed("gateway")).status == 401)
            }
        }

        @Test func `A callback of no domain is a bad one`() async throws {
            try await withGateway(Self.signatures) { gateway, connection in
                let answer = try await connection.send(get: "/?app=a&stream=s", signed("gateway"))
                #expect(answer.status == 400)
                #expect(answer.error("field") == "domain")
                #expect(gateway.gateway.admissionCounters.refused.isEmpty)
            }
        }

        @Test func `Retries and other streams of the same second are answered, and later nothing is`() async throws {
            let configure = { @Sendable (settings: inout AdmissionSettings) in settings.replayWindow = .seconds(3) }
            try await withGateway(Self.signatures, configure: configure) { gateway, connection in
                let fields = signed("gateway")
                let start = ContinuousClock.now
                for _ in 0..<6 {
                    #expect(try await connection.send(get: "/?\(Self.question)", fields).status == 200)
                }
                #expect(try await connection.send(get: "/?\(Self.question)x", fields).status == 200)
                try #require(start.duration(to: .now) < .seconds(3), "too slow to be told apart")
                try await eventually("the end of the window") {
                    try await connection.send(get: "/?\(Self.question)", fields).status == 401
                }
                #expect(start.duration(to: .now) >= .seconds(3))
                let answer = try await connection.send(get: "/?\(Self.question)y", fields)
                #expect(answer.error("code") == "signature_replayed")
                #expect(try await connection.send(get: "/?\(Self.question)", signed("gateway")).status == 200)
                #expect(gateway.gateway.admissionCounters.refused[.signatureReplayed] == 2)
            }
        }

        @Test func `Other demands hold from the next request on`() async throws {
            try await withGateway(Self.signatures) { gateway, connection in
                let next = "abcdefghijklmnop"
                let both = Self.signatures.replacing("[\(Self.key)]", with: "[\(next), \(Self.key)]")
                let new = Self.signatures.replacing("[\(Self.key)]", with: "[\(next)]")
                func statuses() async throws -> [Int] {
                    var statuses: [Int] = []
                    for key in [Self.key, next] {
                        let fields = signed("gateway", by: key)
                        statuses.append(try await connection.send(get: "/?\(Self.question)", fields).status)
                    }
                    return statuses
                }
                #expect(try await statuses() == [200, 401])
                gateway.gateway.replaceAdmission(try AdmissionPolicy(yaml: Array(both.utf8)))
                #expect(try await statuses() == [200, 200])
                #expect(gateway.gateway.admissionCounters.verifiedByOtherKey == 1)
                gateway.gateway.replaceAdmission(try AdmissionPolicy(yaml: Array(new.utf8)))
                #expect(try await statuses() == [401, 200])
                #expect(gateway.gateway.admissionState == "ok")
                gateway.gateway.admissionReplacementFailed()
                #expect(gateway.gateway.admissionState == "outdated")
                #expect(try await statuses() == [401, 200])
                gateway.gateway.replaceAdmission(try AdmissionPolicy(yaml: Array(new.utf8)))
                #expect(gateway.gateway.admissionState == "ok")
                #expect(gateway.gateway.admissionCounters.replacements == 3)
                #expect(gateway.gateway.admissionCounters.failedReplacements == 1)
            }
        }

        @Test func `What is refused reaches no broker`() async throws {
            try await ProductBroker.withTopology { topology in
                let settings = AdmissionSettings(try AdmissionPolicy(yaml: Array(Self.signatures.utf8)))
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    configure: { $0.admission = settings }
                ) { gateway in
                    try await gateway.waitUntilReady()
                    let connection = try await gateway.connect()
                    defer { connection.close() }
                    let bad = signed("gateway", by: "strangerstranger")
                    for _ in 0..<5 {
                        #expect(try await connection.send(get: "/?\(Self.question)", bad).status == 401)
                        #expect(
                            try await connection.send(post: "/callbacks/recording", Self.status, bad).status == 401
                        )
                        #expect(try await connection.send(get: "/callbacks/ingest?\(Self.ingest)", bad).status == 401)
                    }
                    #expect(
                        try await connection.send(post: "/callbacks/recording", Self.status, signed("gateway")).status
                            == 200
                    )
                    try await OutcomesReader.with(topology) { _ = try await $0.notices(1) }
                    try await ProductBroker.withConnection { connection in
                        let channel = try await connection.openChannel()
                        let queue = AMQPQueue(name: topology.decisionsQueue)
                        #expect(try await channel.declareQueue(queue, passive: true).messageCount == 0)
                    }
                    #expect(gateway.gateway.counters.received == 0)
                    #expect(gateway.gateway.outcomeCounters.kept == 0)
                    #expect(gateway.gateway.admissionCounters.refused == [.signatureInvalid: 15])
                }
            }
        }

        // MARK: The secret path

        @Test func `The path must end with the secret`() async throws {
            let file = "secretPath: {mode: required, secrets: [0123456789abcdef, fedcba9876543210]}"
            try await withGateway(file) { gateway, connection in
                for secret in ["0123456789abcdef", "fedcba9876543210"] {
                    for path in ["/\(secret)", "/callbacks/on-demand/\(secret)"] {
                        #expect(try await connection.send(get: "\(path)?\(Self.question)").status == 200)
                    }
                    let ingest = "/callbacks/ingest/\(secret)/?\(Self.ingest)"
                    #expect(try await connection.send(get: ingest).status == 503)
                    #expect(
                        try await connection.send(post: "/callbacks/recording/\(secret)", Self.status, "").status == 503
                    )
                }
                for path in ["/", "/callbacks/on-demand", "/callbacks/recording", "/callbacks/ingest"] {
                    let answer = try await connection.send(get: "\(path)?\(Self.question)")
                    #expect(answer.status == 401)
                    #expect(answer.error("code") == "secret_missing")
                }
                for path in [
                    "/0123456789abcdeF", "/x", "/callbacks/on-demand/0123456789abcdefg", "/callbacks/ingest/x/",
                ] {
                    let answer = try await connection.send(get: "\(path)?\(Self.question)")
                    #expect(answer.status == 401)
                    #expect(answer.error("code") == "secret_invalid")
                }
                for path in ["/callbacks/x", "/x/y", "/0123456789abcdef/0123456789abcdef"] {
                    #expect(try await connection.send(get: "\(path)?\(Self.question)").status == 404)
                }
                #expect(gateway.gateway.counters.received == 4)
                #expect(gateway.gateway.admissionCounters.refused == [.secretMissing: 4, .secretInvalid: 4])
            }
        }

        @Test func `An optional secret may be left out, and must not be another`() async throws {
            try await withGateway("secretPath: {mode: optional, secrets: [0123456789abcdef]}") { _, connection in
                let first = try await connection.send(get: "/?\(Self.question)")
                #expect(first.status == 200)
                #expect(try await connection.send(get: "/0123456789abcdef?\(Self.question)").status == 200)
                #expect(try await connection.send(get: "/0123456789abcdeg?\(Self.question)").status == 401)
            }
        }

        // MARK: Networks and proxies

        @Test func `Only the networks are let in, and no client may say where it comes from`() async throws {
            try await withGateway("networks: [203.0.113.0/24, '2001:db8::/32']") { gateway, connection in
                for fields in [
                    "", "X-Forwarded-For: 203.0.113.5\r\n", "Forwarded: for=203.0.113.5\r\n",
                    "X-NeedRecord-Peer: 203.0.113.5\r\n",
                ] {
                    let answer = try await connection.send(get: "/?\(Self.question)", fields)
                    #expect(answer.status == 403)
                    #expect(answer.error("code") == "network_not_allowed")
                    #expect(answer.headers["www-authenticate"] == nil)
                }
                #expect(try await connection.send(get: "/nowhere").status == 403)
                let late = try await connection.send(post: "/callbacks/recording", Self.status, "")
                #expect(late.status == 403)
                gateway.gateway.replaceAdmission(try AdmissionPolicy(yaml: Array("networks: [127.0.0.0/8]".utf8)))
                #expect(try await connection.send(get: "/?\(Self.question)").status == 200)
                #expect(gateway.gateway.admissionCounters.refused == [.networkNotAllowed: 6])
                #expect(gateway.gateway.counters.rejected == [403: 6])
            }
        }

        @Test(arguments: [
            ("x-forwarded-for", "X-Forwarded-For: 198.51.100.1, 203.0.113.5\r\n", 200),
            ("x-forwarded-for", "X-Forwarded-For: 203.0.113.5\r\nX-Forwarded-For: 198.51.100.1\r\n", 403),
            ("x-forwarded-for", "Forwarded: for=203.0.113.5\r\n", 403),
            ("forwarded", "Forwarded: for=\"203.0.113.5:1\";proto=http\r\n", 200),
            ("forwarded", "Forwarded: for=unknown\r\n", 403),
            ("forwarded", "X-Forwarded-For: 203.0.113.5\r\n", 403),
            ("forwarded", "", 403),
        ])
        func `A named proxy says whom it speaks for`(header: String, fields: String, status: Int) async throws {
            let file = """
                networks: [203.0.113.0/24]
                proxies: {addresses: [127.0.0.1], header: \(header)}
                """
            try await withGateway(file) { _, connection in
                let first = try await connection.send(get: "/?\(Self.question)", fields)
                #expect(first.status == status)
            }
        }

        @Test func `A named proxy begins its connections with a header, and each of their requests is the source's`()
            async throws
        {
            let file = """
                networks: [203.0.113.0/24]
                proxies: {addresses: [127.0.0.1], proxyProtocol: true}
                """
            try await withGateway(file) { gateway, connection in
                try await connection.send("PROXY TCP4 203.0.113")
                let rest = ".5 198.51.100.1 1 2\r\nGET /?\(Self.question) HTTP/1.1\r\nHost: g\r\n\r\n"
                #expect(try await connection.exchange(rest).status == 200)
                #expect(try await connection.send(get: "/?\(Self.question)").status == 200)

                let other = try await gateway.connect()
                defer { other.close() }
                let header: [UInt8] =
                    [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, 0x21, 0x11, 0, 12]
                    + [198, 51, 100, 7, 198, 51, 100, 1, 0, 1, 0, 2]
                try await other.send(bytes: header)
                #expect(try await other.send(get: "/?\(Self.question)").status == 403)

                let none = try await gateway.connect()
                defer { none.close() }
                try await none.send("GET /?\(Self.question) HTTP/1.1\r\nHost: g\r\n\r\n")
                try await none.waitUntilClosed()
                #expect(none.answers.isEmpty)
                #expect(gateway.gateway.admissionCounters.malformedProxyHeaders == 1)
                #expect(gateway.gateway.counters.received == 2)
            }
        }

        @Test func `A proxy that takes its time for the header is not waited for`() async throws {
            var settings = AdmissionSettings(
                try AdmissionPolicy(yaml: Array("proxies: {addresses: [127.0.0.1], proxyProtocol: true}".utf8))
            )
            settings.tolerance = .seconds(300)
            try await RunningGateway.with(
                amqp: RunningGateway.absentBroker(),
                configure: {
                    $0.admission = settings
                    $0.requestTimeout = .seconds(1)
                }
            ) { gateway in
                let connection = try await gateway.connect()
                defer { connection.close() }
                try await connection.send("PROXY ")
                try await connection.waitUntilClosed(within: .seconds(10))
                #expect(gateway.gateway.admissionCounters.malformedProxyHeaders == 1)
            }
        }

        @Test func `Nobody else's connection may begin with such a header`() async throws {
            let file = "proxies: {addresses: [10.0.0.1], proxyProtocol: true}"
            try await withGateway(file) { gateway, connection in
                let answer = try await connection.exchange("PROXY TCP4 203.0.113.5 198.51.100.1 1 2\r\n\r\n")
                #expect(answer.status == 400)
                let plain = try await gateway.get("/?\(Self.question)")
                #expect(plain.status == 200)
            }
        }

        @Test func `Where nothing is set everybody is let in, and nothing is counted`() async throws {
            try await RunningGateway.with(amqp: RunningGateway.absentBroker()) { gateway in
                #expect(try await gateway.get("/?\(Self.question)").status == 200)
                #expect(gateway.gateway.admissionState == nil)
                gateway.gateway.replaceAdmission(try AdmissionPolicy(yaml: Array("networks: ['::1']".utf8)))
                #expect(try await gateway.get("/?\(Self.question)").status == 200)
                #expect(gateway.gateway.admissionCounters == AdmissionCounters())
            }
        }
    }
}

extension HTTPConnection {
    /// `GET` with more header fields, each with its line end.
    fileprivate func send(get target: String, _ fields: String = "") async throws -> HTTPAnswer {
        try await exchange("GET \(target) HTTP/1.1\r\nHost: gateway:8080\r\n\(fields)\r\n")
    }

    /// `POST` of JSON with more header fields, each with its line end.
    fileprivate func send(post target: String, _ body: String, _ fields: String = "") async throws -> HTTPAnswer {
        let length = "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        return try await exchange("POST \(target) HTTP/1.1\r\nHost: gateway:8080\r\n\(fields)\(length)\r\n\(body)")
    }
}
