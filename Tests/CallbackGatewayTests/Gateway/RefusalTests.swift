import DecisionCore
import Testing

@testable import CallbackGateway

extension GatewayTests {
    /// What is answered with an error. None of this needs a broker, and none of it is an event.
    @Suite struct RefusalTests {
        private static let good = "/?domain=d&app=a&stream=s"

        private func withGateway(
            configure: (inout GatewayConfiguration) -> Void = { _ in },
            _ body: (RunningGateway, HTTPConnection) async throws -> Void
        ) async throws {
            try await RunningGateway.with(amqp: RunningGateway.absentBroker(), configure: configure) { gateway in
                let connection = try await gateway.connect()
                defer { connection.close() }
                try await body(gateway, connection)
            }
        }

        @Test(arguments: ["domain", "app", "stream"])
        func `A faulty required parameter is answered 400 and named`(field: String) async throws {
            try await withGateway { gateway, connection in
                let others = ["domain", "app", "stream"].filter { $0 != field }.map { "\($0)=x" }.joined(separator: "&")
                for (value, code) in [
                    ("", "missing_parameter"),
                    ("&\(field)=", "empty_parameter"),
                    ("&\(field)=\(String(repeating: "x", count: 256))", "parameter_too_long"),
                    ("&\(field)=%FF", "invalid_encoding"),
                    ("&\(field)=%00", "control_character"),
                    ("&\(field)=1&\(field)=2", "contradictory_parameter"),
                ] {
                    let answer = try await connection.get("/?\(others)\(value)")
                    #expect(answer.status == 400)
                    #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
                    #expect(answer.headers["cache-control"] == "no-store")
                    #expect(answer.headers["x-needrecord-event"] == nil)
                    #expect(answer.error("code") == code)
                    #expect(answer.error("field") == field)
                    #expect(answer.error("message")?.contains(field) == true)
                }
                #expect(gateway.gateway.counters.rejected == [400: 6])
                #expect(gateway.gateway.counters.received == 0)
            }
        }

        @Test(arguments: [[0xC3, 0xA9], [0xEF, 0xBF, 0xBD], [0xFF]] as [[UInt8]])
        func `A byte in the target that should have been percent-encoded is answered 400`(bytes: [UInt8]) async throws {
            try await withGateway { gateway, connection in
                try await connection.send(
                    bytes: Array("GET \(Self.good)".utf8) + bytes + Array(" HTTP/1.1\r\nHost: gateway\r\n\r\n".utf8)
                )
                #expect(try await connection.answer(1).status == 400)
                #expect(gateway.gateway.counters.received == 0)
            }
        }

        @Test func `A byte in a form that is not UTF-8 is answered 400 and its field named`() async throws {
            try await withGateway { _, connection in
                let body = Array("domain=d&app=a&stream=s".utf8) + [0xFF]
                let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.count)\r\n"
                try await connection.send(bytes: Array("POST / HTTP/1.1\r\n\(form)\r\n".utf8) + body)
                let answer = try await connection.answer(1)
                #expect(answer.status == 400)
                #expect(answer.error("field") == "stream")
                #expect(answer.error("code") == "invalid_encoding")
            }
        }

        @Test func `A body that is not what it says is answered 400`() async throws {
            try await withGateway { _, connection in
                let answer = try await connection.post(Self.good, type: "application/json", body: "domain=d")
                #expect(answer.status == 400)
                #expect(answer.error("code") == "malformed_body")
                #expect(answer.error("field") == nil)
                #expect(try await connection.get(Self.good).status == 200)
            }
        }

        @Test(arguments: ["/nowhere", "/callbacks", "/callbacks/on-demand/", "//", "/%2F", "*"])
        func `Another path is answered 404`(path: String) async throws {
            try await withGateway { gateway, connection in
                let method = path == "*" ? "OPTIONS" : "GET"
                let answer = try await connection.exchange("\(method) \(path) HTTP/1.1\r\nHost: gateway\r\n\r\n")
                #expect(answer.status == 404)
                #expect(answer.error("code") == "not_found")
                #expect(gateway.gateway.counters.rejected == [404: 1])
                #expect(try await connection.get(Self.good).status == 200)
            }
        }

        @Test func `The paths are configurable`() async throws {
            try await withGateway(configure: { $0.paths = ["/ask"] }) { _, connection in
                let asked = try await connection.get("/ask?domain=d&app=a&stream=s")
                #expect(asked.status == 200)
                #expect(try await connection.get(Self.good).status == 404)
            }
        }

        @Test(arguments: ["PUT", "DELETE", "PATCH", "OPTIONS"])
        func `Another method is answered 405 with those that are taken`(method: String) async throws {
            try await withGateway { gateway, connection in
                let answer = try await connection.exchange("\(method) \(Self.good) HTTP/1.1\r\nHost: gateway\r\n\r\n")
                #expect(answer.status == 405)
                #expect(answer.headers["allow"] == "GET, POST")
                #expect(answer.error("code") == "method_not_allowed")
                #expect(gateway.gateway.counters.rejected == [405: 1])
                #expect(try await connection.get(Self.good).status == 200)
            }
        }

        @Test func `HEAD is answered 405 without a body`() async throws {
            try await withGateway { _, connection in
                let answer = try await connection.head(Self.good)
                #expect(answer.status == 405)
                #expect(answer.headers["allow"] == "GET, POST")
                // What follows an answer to HEAD is the next answer.
                #expect(try await connection.get(Self.good).status == 200)
                #expect(connection.rest.isEmpty)
            }
        }

        @Test func `A body that is announced as too long is answered 413 and ends the connection`() async throws {
            try await withGateway(configure: { $0.maximumBodyLength = 1_024 }) { gateway, connection in
                let answer = try await connection.exchange(
                    "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: 1025\r\n\r\n"
                )
                #expect(answer.status == 413)
                #expect(answer.error("code") == "content_too_large")
                #expect(answer.headers["connection"] == "close")
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.counters.rejected == [413: 1])
            }
        }

        @Test func `A body that turns out to be too long is answered 413 and ends the connection`() async throws {
            try await withGateway(configure: { $0.maximumBodyLength = 1_024 }) { gateway, connection in
                let chunk = String(repeating: "x", count: 0x201)
                let answer = try await connection.exchange(
                    "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n201\r\n\(chunk)\r\n201\r\n\(chunk)\r\n"
                )
                #expect(answer.status == 413)
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.counters.rejected == [413: 1])
            }
        }

        @Test func `A body of the greatest length is taken`() async throws {
            try await withGateway(configure: { $0.maximumBodyLength = 1_024 }) { _, connection in
                let form = "domain=d&app=a&stream=s&x="
                let body = form + String(repeating: "x", count: 1_024 - form.utf8.count)
                let answer = try await connection.post("/", type: "application/x-www-form-urlencoded", body: body)
                #expect(answer.status == 200)
            }
        }

        @Test func `A target that is too long is answered 414 and ends the connection`() async throws {
            try await withGateway { _, connection in
                let rest = String(repeating: "x", count: 8_192 - Self.good.utf8.count - 3)
                #expect(try await connection.get("\(Self.good)&x=\(rest)").status == 200)
                let answer = try await connection.get("\(Self.good)&x=\(rest)x")
                #expect(answer.status == 414)
                #expect(answer.error("code") == "uri_too_long")
                try await connection.waitUntilClosed()
            }
        }

        @Test(
            arguments: [nil, "text/plain", "application/xml", "application/jsonp", "multipart/form-data"] as [String?]
        )
        func `A body of another type is answered 415`(type: String?) async throws {
            try await withGateway { _, connection in
                let answer = try await connection.post(Self.good, type: type, body: "{}")
                #expect(answer.status == 415)
                #expect(answer.error("code") == "unsupported_media_type")
                #expect(try await connection.get(Self.good).status == 200)
            }
        }

        @Test(arguments: [
            String(repeating: "X-Long: \(String(repeating: "x", count: 1_000))\r\n", count: 20),
            "X-Long: \(String(repeating: "x", count: 17_000))\r\n",
            String(repeating: "X: x\r\n", count: 101),
        ])
        func `Too many or too long header fields are answered 431 and end the connection`(fields: String) async throws {
            try await withGateway { gateway, connection in
                let answer = try await connection.exchange("GET \(Self.good) HTTP/1.1\r\n\(fields)\r\n")
                #expect(answer.status == 431)
                #expect(answer.error("code") == "header_fields_too_large")
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.counters.rejected == [431: 1])
            }
        }

        @Test(arguments: [
            "garbage\r\n\r\n", "\u{1}\u{2}\u{3}\u{4}", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ])
        func `What is no HTTP request is answered 400 and ends the connection`(bytes: String) async throws {
            try await withGateway { gateway, connection in
                let answer = try await connection.exchange(bytes)
                #expect(answer.status == 400)
                #expect(answer.error("code") == "malformed_request")
                #expect(answer.headers["connection"] == "close")
                try await connection.waitUntilClosed()
                #expect(connection.answers.count == 1)
                #expect(gateway.gateway.counters.rejected == [400: 1])
            }
        }
    }
}
