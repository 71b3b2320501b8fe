import DecisionCore
import Testing

@testable import CallbackGateway

@Suite struct CallbackFieldsFormTests {
    @Test func `The documented example is read`() throws {
        let event = try CallbackFields(
            form: "app=seq_all&domain=demo.aliyundoc.com&stream=ondemand8&vbitrate=2000&codec=h264"
        ).event()
        #expect(event.domain == "demo.aliyundoc.com")
        #expect(event.app == "seq_all")
        #expect(event.stream == "ondemand8")
        #expect(event.bitrate == 2_000)
        #expect(event.codec == .h264)
        #expect(event.anomalies.isEmpty)
    }

    @Test(arguments: [
        "domain=d&app=a&stream=s&codec=h265",
        "codec=h265&stream=s&app=a&domain=d",
        "&&stream=s&domain=d&&codec=h265&app=a&",
    ])
    func `The order of the parameters and empty pairs do not matter`(form: String) throws {
        let event = try CallbackFields(form: form).event()
        #expect([event.domain, event.app, event.stream] == ["d", "a", "s"])
        #expect(event.codec == .h265)
    }

    @Test(arguments: [
        ("s", "s"),
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%20b", "a b"),
        ("a%2fb%2Fc", "a/b/c"),
        ("a=b==c", "a=b==c"),
        ("%3D%26%25", "=&%"),
        ("a/b?c;d", "a/b?c;d"),
        ("%E4%B8%AD", "中"),
        ("中", "中"),
        // A replacement character that was sent as such is a character like any other.
        ("%EF%BF%BD", "\u{FFFD}"),
        ("%F0%9F%98%80", "😀"),
        ("*", "*"),
    ])
    func `A value is decoded`(encoded: String, decoded: String) throws {
        let event = try CallbackFields(form: "domain=d&app=a&stream=\(encoded)").event()
        #expect(event.stream.utf8.elementsEqual(decoded.utf8))
    }

    @Test func `A name is decoded as well`() throws {
        #expect(try CallbackFields(form: "dom%61in=d&app=a&stream=s").event().domain == "d")
    }

    @Test(arguments: [
        ("domain=d&app=a", BadCallback.Code.missing),
        ("domain=d&app=a&Stream=s", .missing),
        ("domain=d&app=a&stream", .empty),
        ("domain=d&app=a&stream=", .empty),
        ("domain=d&app=a&stream=%", .invalidEncoding),
        ("domain=d&app=a&stream=%4", .invalidEncoding),
        ("domain=d&app=a&stream=a%4", .invalidEncoding),
        ("domain=d&app=a&stream=%zz", .invalidEncoding),
        ("domain=d&app=a&stream=%+1", .invalidEncoding),
        ("domain=d&app=a&stream=%FF", .invalidEncoding),
        ("domain=d&app=a&stream=%C3", .invalidEncoding),
        // Overlong, a surrogate, beyond Unicode.
        ("domain=d&app=a&stream=%C0%AF", .invalidEncoding),
        ("domain=d&app=a&stream=%ED%A0%80", .invalidEncoding),
        ("domain=d&app=a&stream=%F4%90%80%80", .invalidEncoding),
        ("domain=d&app=a&stream=a\u{FFFD}b", .invalidEncoding),
        ("domain=d&app=a&stream=%00", .controlCharacter),
        ("domain=d&app=a&stream=a%0Ab", .controlCharacter),
        ("domain=d&app=a&stream=a%1Fb", .controlCharacter),
        ("domain=d&app=a&stream=a%7Fb", .controlCharacter),
        ("domain=d&app=a&stream=a%C2%80b", .controlCharacter),
        ("domain=d&app=a&stream=a%C2%9Fb", .controlCharacter),
        ("domain=d&app=a&stream=s&stream=t", .contradictory),
        ("domain=d&app=a&stream=s&stream=", .contradictory),
        ("domain=d&app=a&stream=s&stream=t&stream=s", .contradictory),
    ])
    func `A faulty stream is named`(form: String, code: BadCallback.Code) throws {
        let fault = try #require(CallbackFields(form: form).fault())
        #expect(fault.code == code)
        #expect(fault.field == "stream")
        #expect(fault.message.contains("stream"))
    }

    @Test(arguments: ["domain", "app", "stream"])
    func `Each required parameter is named when it is absent`(field: String) throws {
        let form = ["domain", "app", "stream"].filter { $0 != field }.map { "\($0)=x" }.joined(separator: "&")
        let fault = try #require(CallbackFields(form: form).fault())
        #expect(fault.field == field)
        #expect(fault.code == .missing)
    }

    @Test func `Of several faults the first parameter's is told`() {
        #expect(CallbackFields(form: "").fault()?.field == "domain")
        #expect(CallbackFields(form: "stream=%&domain=d").fault()?.field == "app")
    }

    @Test func `A name may be 255 bytes long, and no longer`() throws {
        let longest = String(repeating: "x", count: 253) + "é"
        #expect(try CallbackFields(form: "domain=d&app=a&stream=\(longest)").event().stream == longest)
        let fault = CallbackFields(form: "domain=d&app=a&stream=x\(longest)").fault()
        #expect(fault?.code == .tooLong)
        #expect(fault?.field == "stream")
    }

    @Test func `A parameter may be said twice with one value`() throws {
        let event = try CallbackFields(form: "domain=d&app=a&stream=s+t&stream=s%20t&app=a").event()
        #expect(event.stream == "s t")
    }

    @Test func `Unknown parameters are ignored, even malformed ones`() throws {
        let event = try CallbackFields(
            form: "%=%&x=%&y=%FF&%FF=1&z&=&domain=d&app=a&stream=s&x=1&x=2&DOMAIN=e&record=%00"
        ).event()
        #expect(event.domain == "d")
        #expect(event.anomalies.isEmpty)
    }

    @Test func `Canonically equivalent spellings stay different`() {
        #expect(CallbackFields(form: "domain=d&app=a&stream=é&stream=e\u{301}").fault()?.code == .contradictory)
    }

    @Test func `A message holds nothing of what the caller sent`() throws {
        for form in ["domain=secret%01&app=a&stream=s", "domain=secret%&app=a&stream=s"] {
            let fault = try #require(CallbackFields(form: form).fault())
            #expect(!fault.description.contains("secret"))
        }
    }
}
