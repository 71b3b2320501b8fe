/// A point in time with PostgreSQL's own precision, for `timestamptz`.
///
/// `timestamp` without a time zone reads as if it were UTC.
public struct PostgresTimestamp: Sendable, Hashable, Comparable, PostgresEncodable, PostgresDecodable {
    /// Microseconds since 1970-01-01 00:00:00 UTC, negative before.
    public var microsecondsSinceEpoch: Int64

    /// Later than all others: SQL's `infinity`.
    public static let infinity = PostgresTimestamp(microsecondsSinceEpoch: .max)
    /// Earlier than all others: SQL's `-infinity`.
    public static let negativeInfinity = PostgresTimestamp(microsecondsSinceEpoch: .min)

    /// Microseconds since 1970-01-01 00:00:00 UTC.
    public init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    /// Whether the left one is earlier.
    public static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
    }

    /// The ISO form in UTC.
    public func encodePostgresText(into bytes: inout [UInt8]) {
        TimestampText.append(microsecondsSinceEpoch, to: &bytes)
    }

    /// Reads the ISO form of `timestamptz` and `timestamp`.
    public init?(postgresText text: Span<UInt8>) {
        guard let microseconds = TimestampText.decode(text) else { return nil }
        microsecondsSinceEpoch = microseconds
    }
}
