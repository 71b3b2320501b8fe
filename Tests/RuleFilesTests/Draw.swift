/// Values that are drawn at random.
struct Draw {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func integer<Value: FixedWidthInteger>(_ range: ClosedRange<Value>) -> Value {
        Value.random(in: range, using: &random)
    }

    /// True once in so many times.
    mutating func once(in times: Int) -> Bool { integer(1...times) == 1 }

    mutating func element<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }

    /// A text of so many parts.
    mutating func text(of parts: [String], length: ClosedRange<Int>) -> String {
        (0..<integer(length)).map { _ in element(parts) }.joined()
    }
}
