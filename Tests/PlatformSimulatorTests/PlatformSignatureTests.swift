internal import NIOHTTP1
internal import Testing

@testable import PlatformSimulator

@Suite struct PlatformSignatureTests {
    /// The first is the input that the platform's documentation shows; all were computed with another implementation.
    @Test(arguments: [
        (
            "http://learn.aliyundoc.com/your/callback", Int64(1_519_375_990), "yourkey",
            "9e226fc2c250be266e3657e156f68c12"
        ),
        ("http://gateway:8080/", 1_790_000_000, "0123456789abcdef", "f3b9c95e24d58cd41309029d757fb785"),
        ("http://[::1]:8080/", 1_790_000_000, "0123456789abcdef", "44089685ded324948b636c2ff213f5b5"),
    ])
    func `the signature is over the host without its port`(
        url: String,
        second: Int64,
        key: String,
        digits: String
    ) throws {
        let signature = PlatformSignature(target: try PlatformTarget(url: url), key: key)
        var headers = HTTPHeaders()
        signature.add(to: &headers, second: second)
        #expect(headers["ALI-LIVE-TIMESTAMP"] == [String(second)])
        #expect(headers["ALI-LIVE-SIGNATURE"] == [digits])
    }

    @Test func `without a key there is none`() throws {
        var headers = PlatformHeaders(target: try PlatformTarget(url: "http://gateway/"), authKey: nil)
        let names = headers.next().map(\.name)
        #expect(names == ["Host", "User-Agent", "Accept-Encoding"])
    }
}
