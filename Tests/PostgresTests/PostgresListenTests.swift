import Testing

@testable import Postgres

@Suite struct PostgresListenTests {
    @Test func `notifications come in order while the connection is idle, and end with it`() async throws {
        try await TestDatabase.withConnection { sender in
            try await TestDatabase.withConnection { receiver in
                let channel = "Postgres \"tests\" \(UInt64.random(in: 0...UInt64.max))"
                let stream = try await receiver.listen(channel)
                let others = try await receiver.listen(channel + "2")
                for number in 1...3 { try await sender.execute("SELECT pg_notify(\(channel), \("n\(number) é"))") }
                try await sender.execute("SELECT pg_notify(\(channel + "2"), '')")
                var payloads: [String] = []
                for await notification in stream {
                    #expect(notification.channel == channel)
                    #expect(notification.processID == (await sender.backendProcessID))
                    payloads.append(notification.payload)
                    if payloads.count == 3 { break }
                }
                #expect(payloads == ["n1 é", "n2 é", "n3 é"])
                // The sender hears of its own work only, not of what has reached others.
                var rest = others.makeAsyncIterator()
                #expect(await rest.next()?.channel == channel + "2")
                await receiver.close()
                #expect(await rest.next() == nil)
            }
        }
    }

    @Test func `a connection's own notifications come with its answers`() async throws {
        try await TestDatabase.withConnection { connection in
            let channel = "postgres_tests_\(UInt64.random(in: 0...UInt64.max))"
            let stream = try await connection.listen(channel)
            try await connection.execute("SELECT pg_notify(\(channel), 'x')")
            await connection.close()
            var payloads: [String] = []
            for await notification in stream { payloads.append(notification.payload) }
            #expect(payloads == ["x"])
        }
    }
}
