/// A value in an ``AMQPTable``.
///
/// A broker may send integers in more widths than these: they arrive in the next wider case.
public enum AMQPValue: Sendable, Equatable {
    /// A truth value.
    case bool(Bool)
    /// A 32-bit signed integer.
    case int32(Int32)
    /// A 64-bit signed integer; what an integer literal becomes.
    case int64(Int64)
    /// A floating-point number.
    case double(Double)
    /// Text.
    case string(String)
    /// Bytes that are not, or need not be, text.
    case bytes([UInt8])
    /// Seconds since 1970-01-01 00:00 UTC.
    case timestamp(Int)
    /// A list.
    case array([AMQPValue])
    /// A table in a table.
    case table(AMQPTable)
    /// A key without a value.
    case void
}

extension AMQPValue {
    /// The text of a ``string(_:)``, else nil.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The number of an ``int32(_:)`` or ``int64(_:)``, else nil.
    public var integerValue: Int? {
        switch self {
        case .int32(let value): Int(value)
        case .int64(let value): Int(value)
        default: nil
        }
    }
}

extension AMQPValue: ExpressibleByStringLiteral {
    /// A ``string(_:)``.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension AMQPValue: ExpressibleByIntegerLiteral {
    /// An ``int64(_:)``.
    public init(integerLiteral value: Int64) { self = .int64(value) }
}

extension AMQPValue: ExpressibleByBooleanLiteral {
    /// A ``bool(_:)``.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension AMQPValue: ExpressibleByFloatLiteral {
    /// A ``double(_:)``.
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension AMQPValue: ExpressibleByArrayLiteral {
    /// An ``array(_:)``.
    public init(arrayLiteral elements: AMQPValue...) { self = .array(elements) }
}

extension AMQPValue: ExpressibleByDictionaryLiteral {
    /// A ``table(_:)``.
    public init(dictionaryLiteral elements: (String, AMQPValue)...) {
        self = .table(AMQPTable(elements.map { AMQPTable.Entry(key: $0.0, value: $0.1) }))
    }
}
