import NIOHTTP1
import Testing

@testable import CallbackGateway

@Suite struct HTTPHeadersTests {
    @Test(arguments: [
        ([], nil), ([""], ""), (["a"], "a"), (["a \t "], "a"), ([" \t"], ""), (["a b"], "a b"),
        (["a ", "b\t"], "a, b"),
    ])
    func `Values are joined with commas, without the whitespace after them`(values: [String], joined: String?) {
        let headers = HTTPHeaders(values.map { ("Name", $0) })
        #expect(headers.joined("name") == joined)
    }
}
