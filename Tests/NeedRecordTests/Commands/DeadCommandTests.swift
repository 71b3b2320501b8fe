import AMQP
import DecisionCore
import Foundation
import TestSupport
import Testing
import Wire

@Suite struct DeadCommandTests {
    /// A letter as the auditor writes one about a notice or a record.
    private static func letter(
        _ id: String?,
        body: String = "no JSON",
        reason: WireError = WireError(.malformedBody, "line 1"),
        key: String = Topology.recordingKey,
        headers: AMQPTable = [:],
        in topology: Topology
    ) -> AMQPMessage {
        var properties = AMQPProperties(
            contentType: "application/json",
            messageID: id,
            timestamp: 1_700_000_000,
            type: key,
            headers: headers
        )
        properties.headers["x-stream-offset"] = 7
        let delivery = AMQPDelivery(
            consumerTag: "c",
            deliveryTag: 1,
            exchange: topology.exchange,
            routingKey: key,
            properties: properties,
            body: Array(body.utf8)
        )
        var message = DeadLetter.message(for: delivery, reason: reason, topology: topology, sender: "auditor-1")
        // One without an id cannot be published as mandatory.
        message.mandatory = id != nil
        return message
    }

    /// Takes one message of the outcomes stream.
    private static func firstOutcome(_ topology: Topology) async throws -> AMQPDelivery {
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            try await channel.setPrefetch(1)
            let (stream, continuation) = AsyncStream.makeStream(of: AMQPDelivery.self)
            _ = try await channel.consume(
                queue: topology.outcomesStream,
                arguments: ["x-stream-offset": "first"],
                onDeliveries: { for delivery in $0 { continuation.yield(delivery) } },
                onCancelled: { continuation.finish() }
            )
            for await delivery in stream { return delivery }
            throw TestFailure("the consumer has ended")
        }
    }

    @Test func `Letters are listed by reason, one by one, and shown, and stay where they are`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([
                Self.letter("m-1", in: stage.topology), Self.letter("m-2", in: stage.topology),
                Self.letter(nil, body: "{}", reason: WireError(.missingField, "domain"), in: stage.topology),
            ])
            let list = try await stage.run("dead", "list", "--output", "json")
            #expect(list.status == 0, "\(list.text)")
            let groups = try #require(list.json?["groups"] as? [[String: Any]])
            #expect(groups.map { $0["reason"] as? String } == ["malformed_body: line 1", "missing_field: domain"])
            #expect(groups.map { $0["count"] as? Int } == [2, 1])
            #expect(groups[0]["oldest"] as? String == "2023-11-14T22:13:20.000Z")
            let nameless = try #require((groups[1]["examples"] as? [String])?.first)

            let all = try await stage.run("dead", "list", "--all", "--reason", "missing_field", "--output", "json")
            let letters = try #require(all.json?["letters"] as? [[String: Any]], "\(all.text)")
            #expect(letters.map { $0["id"] as? String } == [nameless])

            let shown = try await stage.run("dead", "show", nameless, "--output", "json")
            #expect(shown.status == 0, "\(shown.text)")
            #expect(shown.json?["body"] as? String == "{}")
            #expect((shown.json?["headers"] as? [String: String])?["rejected-by"] == "auditor-1")
            let text = try await stage.run("dead", "show", "m-2")
            #expect(text.text.hasSuffix("\n\nno JSON\n"), "\(text.text)")
            #expect(try await stage.run("dead", "show", "m-3").status == 1)

            let table = try await stage.run("dead", "list", "--limit", "2")
            #expect(table.text.contains("and 1 in the queue"), "\(table.text)")
            try await eventually("all letters") { try await stage.count(in: stage.topology.deadQueue) == 3 }
        }
    }

    @Test func `A letter that is sent again is in the stream as it was, and no letter any more`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([
                Self.letter("m-1", headers: ["own": "kept"], in: stage.topology),
                Self.letter("m-2", in: stage.topology),
            ])
            let run = try await stage.run("dead", "retry", "--id", "m-1")
            #expect(run.status == 0, "\(run.text)")
            #expect(run.text.hasSuffix("1 sent, 0 stay\n"))
            let message = try await Self.firstOutcome(stage.topology)
            #expect(message.routingKey == Topology.recordingKey)
            #expect(message.properties.messageID == "m-1")
            #expect(message.properties.type == Topology.recordingKey)
            #expect(message.body == Array("no JSON".utf8))
            #expect(message.properties.headers.entries.map(\.key).sorted() == ["own", "x-stream-offset"])
            #expect(message.properties.headers["x-stream-offset"]?.integerValue == 0)
            try await eventually("the other letter") { try await stage.count(in: stage.topology.deadQueue) == 1 }
            #expect(try await stage.run("dead", "retry", "--id", "m-1").status == 1)
        }
    }

    @Test func `A letter that no queue takes stays`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([Self.letter("m-1", key: "nowhere", in: stage.topology)])
            let run = try await stage.run("dead", "retry")
            #expect(run.status == 1)
            #expect(run.text.contains("no queue takes it"), "\(run.text)")
            try await eventually("the letter") { try await stage.count(in: stage.topology.deadQueue) == 1 }
        }
    }

    @Test func `A callback that nobody waits for is asked again only by force`() async throws {
        try await BrokerStage.with { stage in
            let letter = Self.letter(
                "m-1",
                key: Topology.onDemandKey,
                headers: ["deadline": 1_700_000_004_000],
                in: stage.topology
            )
            try await stage.publish([letter])
            let refused = try await stage.run("dead", "retry")
            #expect(refused.status == 1)
            #expect(refused.text.contains("was answered without it by 2023-11-14T22:13:24.000Z"), "\(refused.text)")
            try await eventually("the letter") { try await stage.count(in: stage.topology.deadQueue) == 1 }
            let forced = try await stage.run("dead", "retry", "--force")
            #expect(forced.status == 0, "\(forced.text)")
            #expect(try await stage.count(in: stage.topology.deadQueue) == 0)
        }
    }

    @Test func `What is dropped is printed, and only what was named`() async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([
                Self.letter("m-1", in: stage.topology),
                Self.letter("m-2", reason: WireError(.missingField, "app"), in: stage.topology),
            ])
            #expect(try await stage.run("dead", "drop", "--yes").status == 64)
            let unasked = try await stage.run("dead", "drop", "--reason", "missing_field")
            #expect(unasked.status == 64)
            #expect(unasked.text.contains("add --yes"), "\(unasked.text)")
            let run = try await stage.run("dead", "drop", "--reason", "missing_field", "--yes")
            #expect(run.status == 0, "\(run.text)")
            let line = try #require(run.text.split(separator: "\n").first)
            let dropped = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(dropped?["message_id"] as? String == "m-2")
            #expect(dropped?["body"] as? String == "no JSON")
            try await eventually("the other letter") { try await stage.count(in: stage.topology.deadQueue) == 1 }
        }
    }

    @Test(arguments: [("no", 1), ("yes", 0)])
    func `Whoever is at a terminal is asked before anything is dropped`(answer: String, left: Int) async throws {
        try await BrokerStage.with { stage in
            try await stage.publish([
                Self.letter("m-1", in: stage.topology),
                Self.letter("m-2", reason: WireError(.missingField, "app"), in: stage.topology),
            ])
            let terminal = try PseudoTerminal()
            let drop = try ChildProcess(
                TestEnvironment.executable(),
                ["dead", "drop", "--reason", "missing_field"],
                environment: stage.settings,
                input: terminal.path
            )
            try await drop.waitForText("Drop 1 letter? Type yes:")
            terminal.type(answer)
            let status = try await drop.wait()
            #expect(status == Int32(left))
            #expect(drop.text.contains(left == 0 ? "dropped 1 letter" : "nothing was dropped"), "\(drop.text)")
            try await eventually("the letters") {
                try await stage.count(in: stage.topology.deadQueue) == 1 + left
            }
        }
    }

    @Test func `In a replicated queue letters are looked at again and again, sent again, and dropped`() async throws {
        try await BrokerStage.with(profile: .replicated) { stage in
            try await stage.publish([
                Self.letter("m-1", body: "first", in: stage.topology), Self.letter("m-2", in: stage.topology),
                Self.letter("m-3", reason: WireError(.missingField, "app"), in: stage.topology),
            ])
            // The broker counts how often it has handed them out, and tells it in a header.
            var lists: Set<String> = []
            for _ in 1...3 {
                let list = try await stage.run("dead", "list", "--all", "--output", "json")
                #expect(list.status == 0, "\(list.text)")
                let letters = try #require(list.json?["letters"] as? [[String: Any]], "\(list.text)")
                #expect(letters.count == 3, "\(list.text)")
                lists.insert(letters.compactMap { $0["id"] as? String }.sorted().joined())
                try await eventually("the letters to be back") {
                    try await stage.count(in: stage.topology.deadQueue) == 3
                }
            }
            #expect(lists.count == 1, "the ids change")
            let retried = try await stage.run("dead", "retry", "--reason", "malformed_body")
            #expect(retried.status == 0, "\(retried.text)")
            let delivery = try await Self.firstOutcome(stage.topology)
            #expect(delivery.body == Array("first".utf8))
            #expect(delivery.properties.headers["x-delivery-count"] == nil)
            try await eventually("one letter") { try await stage.count(in: stage.topology.deadQueue) == 1 }
            let dropped = try await stage.run("dead", "drop", "--reason", "missing_field", "--yes")
            #expect(dropped.status == 0, "\(dropped.text)")
            #expect(dropped.text.contains(#""message_id":"m-3""#), "\(dropped.text)")
            try await eventually("no letter") { try await stage.count(in: stage.topology.deadQueue) == 0 }
        }
    }
}
