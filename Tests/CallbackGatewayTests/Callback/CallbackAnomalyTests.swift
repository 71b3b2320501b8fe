import DecisionCore
import Testing

@testable import CallbackGateway

/// What describes the stream never costs a recording, however odd it is.
@Suite struct CallbackAnomalyTests {
    private static let names = "domain=d&app=a&stream=s"

    @Test(arguments: [
        "vbitrate=", "vbitrate", "vbitrate=-1", "vbitrate=+1", "vbitrate=%2B1", "vbitrate=2147483648",
        "vbitrate=99999999999999999999999", "vbitrate=abc", "vbitrate=1.5", "vbitrate=1e3", "vbitrate=0x10",
        "vbitrate=%201", "vbitrate=%FF", "vbitrate=%", "vbitrate=%00", "vbitrate=%D9%A1", "vbitrate=1&vbitrate=2",
    ])
    func `A malformed bit rate is unknown, and noted`(parameter: String) throws {
        let event = try CallbackFields(form: "\(Self.names)&\(parameter)").event()
        #expect(event.bitrate == nil)
        #expect(event.anomalies == [.malformedBitrate])
        #expect(event.codec == .h264)
    }

    @Test(arguments: [("0", 0), ("2000", 2_000), ("002000", 2_000), ("2147483647", 2_147_483_647)])
    func `A whole number of kbit/s is the bit rate`(text: String, bitrate: Int) throws {
        let event = try CallbackFields(form: "\(Self.names)&vbitrate=\(text)&vbitrate=\(text)").event()
        #expect(event.bitrate == bitrate)
        #expect(event.anomalies.isEmpty)
    }

    @Test func `An absent bit rate is unknown, which is nothing odd`() throws {
        let event = try CallbackFields(form: Self.names).event()
        #expect(event.bitrate == nil)
        #expect(event.anomalies.isEmpty)
    }

    @Test(arguments: [
        "codec=", "codec", "codec=av1", "codec=h266", "codec=h264%20", "codec=%FF", "codec=%", "codec=h264&codec=h265",
        "codec=h264&codec=H264",
    ])
    func `An unknown codec is unknown, and noted`(parameter: String) throws {
        let event = try CallbackFields(form: "\(Self.names)&\(parameter)").event()
        #expect(event.codec == nil)
        #expect(event.anomalies == [.unknownCodec])
    }

    @Test(arguments: [
        ("", VideoCodec.h264), ("&codec=h264", .h264), ("&codec=H264", .h264), ("&codec=h265", .h265),
        ("&codec=H265", .h265),
    ])
    func `A codec is known in either case, and H.264 when it is absent`(parameter: String, codec: VideoCodec) throws {
        let event = try CallbackFields(form: Self.names + parameter).event()
        #expect(event.codec == codec)
        #expect(event.anomalies.isEmpty)
    }

    @Test(arguments: ["true", "null", "[1]", "{}", "-1", "1.5", "1e3", "2147483648", #""""#])
    func `A malformed bit rate in JSON is unknown, and noted`(value: String) throws {
        let event = try CallbackFields(json: #"{"domain":"d","app":"a","stream":"s","vbitrate":\#(value)}"#).event()
        #expect(event.bitrate == nil)
        #expect(event.anomalies == [.malformedBitrate])
    }

    @Test(arguments: ["264", "null", "[]"])
    func `A codec of another type in JSON is unknown, and noted`(value: String) throws {
        let event = try CallbackFields(json: #"{"domain":"d","app":"a","stream":"s","codec":\#(value)}"#).event()
        #expect(event.codec == nil)
        #expect(event.anomalies == [.unknownCodec])
    }

    @Test func `Both can be odd at once`() throws {
        let event = try CallbackFields(form: "\(Self.names)&codec=x&vbitrate=x").event()
        #expect(event.anomalies == [.malformedBitrate, .unknownCodec])
    }
}
