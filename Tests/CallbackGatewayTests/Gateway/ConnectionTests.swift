import DecisionCore
import TestSupport
import Testing

@testable import CallbackGateway

extension GatewayTests {
    /// How connections live and end. The broker is absent, so every good callback gets the default at once.
    @Suite struct ConnectionTests {
        private static let good = "/?domain=d&app=a&stream=s"
        private static let request = "GET \(good) HTTP/1.1\r\nHost: gateway\r\n\r\n"

        private func withGateway(
            requestTimeout: Duration = .seconds(5),
            idleTimeout: Duration = .seconds(75),
            _ body: (RunningGateway, HTTPConnection) async throws -> Void
        ) async throws {
            try await RunningGateway.with(
                amqp: RunningGateway.absentBroker(),
                configure: {
                    $0.requestTimeout = requestTimeout
                    $0.idleTimeout = idleTimeout
                }
            ) { gateway in
                let connection = try await gateway.connect()
                defer { connection.close() }
                try await body(gateway, connection)
            }
        }

        @Test func `A connection takes many requests`() async throws {
            try await withGateway { gateway, connection in
                for _ in 0..<200 {
                    let answer = try await connection.get(Self.good)
                    #expect(answer.status == 200)
                }
                #expect(gateway.gateway.counters.received == 200)
                #expect(!connection.isClosed)
            }
        }

        @Test func `Requests that come without waiting are answered in their order`() async throws {
            try await withGateway { _, connection in
                let requests = (0..<30).map { number in
                    switch number % 4 {
                    case 0: Self.request
                    case 1: "GET /nowhere HTTP/1.1\r\n\r\n"
                    case 2: "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                    default: "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
                    }
                }
                try await connection.send(requests.joined())
                _ = try await connection.answer(30)
                #expect(connection.answers.map(\.status) == (0..<30).map { [200, 404, 400, 405][$0 % 4] })
                #expect(connection.rest.isEmpty)
            }
        }

        @Test(arguments: ["close", "Close", "TE, close"])
        func `A connection ends after an answer when the client says so`(word: String) async throws {
            try await withGateway { _, connection in
                #expect(try await connection.get(Self.good).status == 200)
                let answer = try await connection.exchange(
                    "GET \(Self.good) HTTP/1.1\r\nHost: gateway\r\nConnection: \(word)\r\n\r\n"
                )
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                try await connection.waitUntilClosed()
            }
        }

        @Test(arguments: ["", "Connection: keep-alive\r\n"])
        func `A connection of HTTP 1.0 ends after its answer`(field: String) async throws {
            try await withGateway { _, connection in
                let answer = try await connection.exchange("GET \(Self.good) HTTP/1.0\r\n\(field)\r\n")
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                try await connection.waitUntilClosed()
            }
        }

        @Test func `What follows a request that ends the connection is not answered`() async throws {
            try await withGateway { gateway, connection in
                let last = "GET \(Self.good) HTTP/1.1\r\nConnection: close\r\n\r\n"
                try await connection.send(Self.request + last + Self.request)
                try await connection.waitUntilClosed()
                #expect(connection.answers.map(\.status) == [200, 200])
                #expect(gateway.gateway.counters.received == 2)
            }
        }

        @Test func `Garbage after good requests costs them nothing`() async throws {
            try await withGateway { gateway, connection in
                try await connection.send(Self.request + Self.request + "\u{1}\u{2}\u{3}")
                try await connection.waitUntilClosed()
                // What the garbage gets depends on whether the last good one has been answered when it is read.
                #expect([[200, 200], [200, 200, 400]].contains(connection.answers.map(\.status)))
                #expect(gateway.gateway.counters.received == 2)
            }
        }

        @Test func `Garbage after a request that waits costs it nothing, in however many pieces it comes`() async throws
        {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology) { worker in
                        let connection = try await gateway.connect()
                        try await connection.send(Self.request)
                        let request = try await worker.wait(for: 1)[0]
                        // Nothing shows that a piece was read: an exchange on another connection gives it the time.
                        for piece in ["this is no HTTP\r\n", "\r\n", Self.request] {
                            try await connection.send(piece)
                            #expect(try await gateway.get("/nowhere").status == 404)
                        }
                        #expect(!connection.isClosed)
                        worker.reply(.record, to: request)
                        #expect(try await connection.answer(1).text.contains("true"))
                        try await connection.waitUntilClosed()
                        #expect(connection.answers.count == 1)
                        #expect(gateway.gateway.counters.received == 1)
                    }
                }
            }
        }

        @Test func `A connection ends after a request for another protocol, which is answered in this one`()
            async throws
        {
            try await withGateway { gateway, connection in
                let answer = try await connection.exchange(
                    "GET \(Self.good) HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\(Self.request)"
                )
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                try await connection.waitUntilClosed()
                #expect(gateway.gateway.counters.received == 1)
            }
        }

        @Test func `A request that is cut off by the client's end is no event`() async throws {
            try await withGateway { gateway, connection in
                let type = "Content-Type: application/x-www-form-urlencoded\r\n"
                try await connection.send("POST \(Self.good) HTTP/1.1\r\n\(type)Content-Length: 100\r\n\r\nx=y")
                connection.close()
                #expect(try await gateway.get(Self.good).status == 200)
                #expect(gateway.gateway.counters.received == 1)
            }
        }

        @Test(arguments: ["", "G", "GET / HT", "GET / HTTP/1.1\r\nX-", "GET / HTTP/1.1\r\nHost: gateway\r\n"])
        func `A head that does not come to its end is answered 408, silence just ends`(beginning: String) async throws {
            try await withGateway(
                requestTimeout: .milliseconds(200),
                idleTimeout: beginning.isEmpty ? .milliseconds(400) : .seconds(75)
            ) { gateway, connection in
                if !beginning.isEmpty { try await connection.send(beginning) }
                try await connection.waitUntilClosed()
                #expect(connection.answers.map(\.status) == (beginning.isEmpty ? [] : [408]))
                #expect(gateway.gateway.counters.rejected == (beginning.isEmpty ? [:] : [408: 1]))
            }
        }

        @Test func `A sender that drips gains nothing`() async throws {
            try await withGateway(requestTimeout: .milliseconds(300)) { _, connection in
                let start = ContinuousClock.now
                let dripping = Task {
                    for byte in "GET / HTTP/1.1\r\nX-Drip: \(String(repeating: "x", count: 1_000))" {
                        guard !connection.isClosed else { return }
                        try? await connection.send(String(byte))
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                let answer = try await connection.answer(1)
                #expect(answer.status == 408)
                #expect(answer.error("code") == "request_timeout")
                #expect(start.duration(to: answer.arrival) < .seconds(2))
                try await connection.waitUntilClosed()
                dripping.cancel()
            }
        }

        @Test func `A body that does not come to its end is answered 408, and is no event`() async throws {
            try await withGateway(requestTimeout: .milliseconds(200)) { gateway, connection in
                let answer = try await connection.exchange(
                    "POST \(Self.good) HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}"
                )
                #expect(answer.status == 408)
                try await connection.waitUntilClosed()
                #expect(connection.answers.count == 1)
                // Once more, so that whatever the first one leaves behind has come to its end.
                #expect(try await gateway.get("/nowhere").status == 404)
                #expect(gateway.gateway.counters.rejected == [404: 1, 408: 1])
                #expect(gateway.gateway.counters.received == 0)
            }
        }

        @Test func `A connection that is idle after a request ends`() async throws {
            try await withGateway(idleTimeout: .seconds(1)) { gateway, connection in
                #expect(try await connection.get(Self.good).status == 200)
                #expect(!connection.isClosed)
                try await connection.waitUntilClosed(within: .seconds(5))
                #expect(connection.answers.count == 1)
                #expect(gateway.gateway.counters.rejected.isEmpty)
            }
        }

        @Test func `A connection that was answered before its request had come ends as any other`() async throws {
            try await withGateway(requestTimeout: .seconds(2), idleTimeout: .seconds(1)) { _, connection in
                let answer = try await connection.exchange("POST /nowhere HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
                #expect(answer.status == 404)
                try await connection.send("hello")
                #expect(try await connection.get(Self.good).status == 200)
                try await connection.waitUntilClosed(within: .seconds(5))
                #expect(connection.answers.count == 2)
            }
        }

        @Test func `A request after one that was answered early has its time limit`() async throws {
            try await withGateway(requestTimeout: .seconds(1)) { _, connection in
                _ = try await connection.exchange("POST /nowhere HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
                try await connection.send("hello")
                // Its answer says that what came before was read: the beginning of a request that comes with the end of
                // another is not seen.
                #expect(try await connection.get(Self.good).status == 200)
                try await connection.send("GET / HT")
                try await connection.waitUntilClosed(within: .seconds(5))
                #expect(connection.answers.map(\.status) == [404, 200, 408])
            }
        }

        @Test func `The rest of a request that was answered early is not waited for beyond its time`() async throws {
            try await withGateway(requestTimeout: .milliseconds(200)) { gateway, connection in
                _ = try await connection.exchange("POST /nowhere HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe")
                try await connection.waitUntilClosed(within: .seconds(5))
                #expect(connection.answers.map(\.status) == [404])
                #expect(gateway.gateway.counters.rejected == [404: 1])
            }
        }

        @Test func `An answer that takes long does not count as idleness, for the next one neither`() async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    configure: {
                        $0.idleTimeout = .milliseconds(200)
                        $0.requestTimeout = .milliseconds(200)
                    }
                ) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology) { worker in
                        let connection = try await gateway.connect()
                        try await connection.send(Self.request + Self.request)
                        worker.reply(.skip, to: try await worker.wait(for: 1)[0])
                        let first = try await connection.answer(1)
                        let second = try await worker.wait(for: 2)[1]
                        try await eventually("three times the idle timeout") {
                            first.arrival.duration(to: .now) > .milliseconds(600)
                        }
                        worker.reply(.record, to: second)
                        #expect(try await connection.answer(2).text.contains("true"))
                        try await connection.waitUntilClosed(within: .seconds(5))
                    }
                }
            }
        }
    }
}
