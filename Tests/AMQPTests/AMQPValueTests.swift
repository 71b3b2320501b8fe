import Testing

@testable import AMQP

@Suite struct AMQPValueTests {
    @Test func `Literals become values`() {
        let table: AMQPTable = ["a": "text", "b": 7, "c": true, "d": 1.5, "e": [1, "x"], "f": ["g": false]]
        #expect(table["a"] == .string("text"))
        #expect(table["b"] == .int64(7))
        #expect(table["c"] == .bool(true))
        #expect(table["d"] == .double(1.5))
        #expect(table["e"] == .array([.int64(1), .string("x")]))
        #expect(table["f"] == .table(["g": false]))
        #expect(table["z"] == nil)
        #expect(table["a"]?.stringValue == "text")
        #expect(table["b"]?.integerValue == 7)
        #expect(table["a"]?.integerValue == nil)
    }

    @Test func `A table keeps its order and is changed by key`() {
        var table: AMQPTable = ["b": 1, "a": 2]
        table["b"] = 3
        table["c"] = 4
        table["a"] = nil
        #expect(table.entries.map(\.key) == ["b", "c"])
        #expect(table["b"] == 3)
    }
}
