import Testing

@testable import AMQP

@Suite struct ContentAssemblerTests {
    private let deliver = ContentAssembler.Method.deliver(
        consumerTag: "c1",
        deliveryTag: 7,
        redelivered: true,
        exchange: "x",
        routingKey: "k"
    )
    private let properties = AMQPProperties(contentType: "text/plain", messageID: "m")

    private func delivery(_ body: [UInt8]) -> ContentAssembler.Content {
        .delivery(
            AMQPDelivery(
                consumerTag: "c1",
                deliveryTag: 7,
                redelivered: true,
                exchange: "x",
                routingKey: "k",
                properties: properties,
                body: body
            )
        )
    }

    @Test func `Method, header and one body frame make a delivery`() throws {
        var assembler = ContentAssembler(bodyMax: 100)
        try assembler.method(deliver)
        #expect(try assembler.header(bodySize: 3, properties: properties) == nil)
        #expect(try assembler.body([1, 2, 3]) == delivery([1, 2, 3]))
    }

    @Test func `A body over several frames is put together`() throws {
        var assembler = ContentAssembler(bodyMax: 100)
        try assembler.method(deliver)
        #expect(try assembler.header(bodySize: 6, properties: properties) == nil)
        #expect(try assembler.body([1, 2]) == nil)
        #expect(try assembler.body([]) == nil)
        #expect(try assembler.body([3, 4, 5]) == nil)
        #expect(try assembler.body([6]) == delivery([1, 2, 3, 4, 5, 6]))
    }

    @Test func `An empty body needs no body frame, and the next message may follow`() throws {
        var assembler = ContentAssembler(bodyMax: 0)
        for _ in 0..<2 {
            try assembler.method(deliver)
            #expect(try assembler.header(bodySize: 0, properties: properties) == delivery([]))
        }
    }

    @Test func `A returned message keeps its reason`() throws {
        var assembler = ContentAssembler(bodyMax: 100)
        try assembler.method(.returned(replyCode: 312, replyText: "NO_ROUTE", exchange: "x", routingKey: "k"))
        _ = try assembler.header(bodySize: 1, properties: properties)
        let expected = AMQPReturn(
            replyCode: 312,
            replyText: "NO_ROUTE",
            exchange: "x",
            routingKey: "k",
            properties: properties,
            body: [9]
        )
        #expect(try assembler.body([9]) == .returned(expected))
    }

    /// What a broker may do wrong, as steps of which only the last one fails.
    enum Step: Sendable {
        case method
        case header(UInt64)
        case body(Int)
    }

    @Test(
        arguments: [
            [.header(1)],
            [.body(1)],
            [.method, .method],
            [.method, .body(1)],
            [.method, .header(5), .method],
            [.method, .header(5), .header(5)],
            [.method, .header(5), .body(6)],
            [.method, .header(5), .body(3), .body(3)],
            [.method, .header(5), .body(5), .body(1)],
            [.method, .header(0), .body(1)],
            [.method, .header(101)],
            [.method, .header(UInt64.max)],
        ] as [[Step]]
    )
    func `Frames in the wrong order or beyond the limit are violations`(steps: [Step]) throws {
        var assembler = ContentAssembler(bodyMax: 100)
        for step in steps.dropLast() { try perform(step, on: &assembler) }
        let last = try #require(steps.last)
        let error = #expect(throws: AMQPError.self) { try perform(last, on: &assembler) }
        #expect(error?.code == .protocolViolation)
    }

    private func perform(_ step: Step, on assembler: inout ContentAssembler) throws {
        switch step {
        case .method: try assembler.method(deliver)
        case .header(let size): _ = try assembler.header(bodySize: size, properties: properties)
        case .body(let count): _ = try assembler.body([UInt8](repeating: 1, count: count))
        }
    }
}
