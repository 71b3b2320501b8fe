import DecisionCore
import NIOConcurrencyHelpers
import Testing

@testable import CallbackGateway

@Suite struct HTTPDateTests {
    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"),
        // The example of RFC 9110, section 5.6.7.
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_795_373_100, "Sun, 22 Nov 2026 18:45:00 GMT"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `A second is formatted as the standard says`(second: Int64, text: String) {
        #expect(HTTPDate.format(second) == text)
    }

    @Test func `The date follows the clock, in either direction`() {
        let clock = NIOLockedValueBox<Int64>(1_999)
        let date = HTTPDate(now: { Timestamp(millisecondsSinceEpoch: clock.withLockedValue { $0 }) })
        #expect(date.text == "Thu, 01 Jan 1970 00:00:01 GMT")
        clock.withLockedValue { $0 = 2_000 }
        #expect(date.text == "Thu, 01 Jan 1970 00:00:02 GMT")
        clock.withLockedValue { $0 = 1_000 }
        #expect(date.text == "Thu, 01 Jan 1970 00:00:01 GMT")
    }
}
