internal import DecisionCore
internal import Glibc
internal import NIOConcurrencyHelpers

/// The `Date` header field (RFC 9110, section 5.6.7), formatted once a second.
final class HTTPDate: Sendable {
    private let now: @Sendable () -> Timestamp
    private let last = NIOLockedValueBox<(second: Int64, text: String)>((.min, ""))

    init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// The date now, such as `Sun, 22 Nov 2026 18:45:00 GMT`.
    var text: String {
        let second = now().millisecondsSinceEpoch / 1_000
        return last.withLockedValue { last in
            if last.second != second { last = (second, Self.format(second)) }
            return last.text
        }
    }

    static func format(_ second: Int64) -> String {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][Int(parts.tm_mon)]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(two(parts.tm_mday)) \(month) \(parts.tm_year + 1_900)"
        return "\(weekday), \(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
