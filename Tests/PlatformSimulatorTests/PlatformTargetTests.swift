internal import PlatformSimulator
internal import Testing

@Suite struct PlatformTargetTests {
    @Test(arguments: [
        ("http://example.com", "example.com", 80, "example.com", "/"),
        ("http://example.com:", "example.com", 80, "example.com", "/"),
        ("HTTP://127.0.0.1:8080/", "127.0.0.1", 8080, "127.0.0.1:8080", "/"),
        ("http://example.com:80/a/b?c=d", "example.com", 80, "example.com:80", "/a/b?c=d"),
        ("http://example.com?c=d", "example.com", 80, "example.com", "/?c=d"),
        ("http://[::1]:8080/cb", "::1", 8080, "[::1]:8080", "/cb"),
        ("http://[::1]", "::1", 80, "[::1]", "/"),
    ])
    func `a URL says whom to ask`(url: String, host: String, port: Int, authority: String, path: String) throws {
        let target = try PlatformTarget(url: url)
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(target.authority == authority)
        #expect(target.path == path)
    }

    @Test(arguments: [
        "", "example.com", "https://example.com", "http://", "http://:80/", "http://a:b", "http://a:+1", "http://a:0",
        "http://a:65536", "http://a/ b", "http://a/\r\nX: y", "http://a/#b", "http://u:p@a/", "http://[::1",
        "http://[::1]x",
    ])
    func `a URL that cannot be asked is refused`(url: String) {
        let error = #expect(throws: PlatformSimulatorError.self) { try PlatformTarget(url: url) }
        #expect(error?.code == .invalidTarget)
    }
}
