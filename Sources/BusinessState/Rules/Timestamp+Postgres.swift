package import DecisionCore
package import Postgres

extension Timestamp {
    /// The millisecond that a database's time stamp is in.
    package init(_ timestamp: PostgresTimestamp) {
        let microseconds = timestamp.microsecondsSinceEpoch
        let (milliseconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000)
        self.init(millisecondsSinceEpoch: rest < 0 ? milliseconds - 1 : milliseconds)
    }
}

extension PostgresTimestamp {
    /// The database's time stamp of a moment.
    package init(_ timestamp: Timestamp) {
        self.init(microsecondsSinceEpoch: timestamp.millisecondsSinceEpoch * 1_000)
    }
}
