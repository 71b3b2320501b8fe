import Testing

@testable import needrecord

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("0s", Duration.zero), ("4s", .seconds(4)), ("250ms", .milliseconds(250)), ("1.5s", .milliseconds(1_500)),
        ("0.1s", .milliseconds(100)), ("90s", .seconds(90)), ("4900ms", .milliseconds(4_900)),
        ("4.9s", .milliseconds(4_900)),
    ])
    func `A duration is read exactly`(text: String, duration: Duration) {
        #expect(Duration(text: text) == duration)
    }

    @Test(arguments: [
        "", "s", "ms", "4", "4 s", " 4s", "-4s", "+4s", "4S", "4m", "4h", "1e3s", "0x1s", "infs", "nans", "1..5s",
        "1,5s",
        "99999999999s",
    ])
    func `Anything else is none`(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(arguments: ["4s", "250ms", "1500ms", "0s"])
    func `A duration is written as it is read`(text: String) throws {
        let duration = try #require(Duration(text: text))
        #expect(Duration(text: duration.text) == duration)
        #expect(duration.text == text)
    }
}
