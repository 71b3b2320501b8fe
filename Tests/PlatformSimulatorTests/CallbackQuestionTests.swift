internal import PlatformSimulator
internal import Testing

@Suite struct CallbackQuestionTests {
    @Test func `the parameters come in the documented order`() {
        let question = CallbackQuestion(app: "seq_all", domain: "demo.aliyundoc.com", stream: "ondemand8")
        #expect(question.query == "app=seq_all&domain=demo.aliyundoc.com&stream=ondemand8&vbitrate=2000&codec=h264")
    }

    @Test func `a parameter without a value is left out`() {
        let question = CallbackQuestion(app: "a", domain: "d", stream: "s", bitrate: nil, codec: nil)
        #expect(question.query == "app=a&domain=d&stream=s")
    }

    @Test func `a question is appended to the query that the URL has`() {
        let question = CallbackQuestion(app: "a", domain: "d", stream: "s", bitrate: nil, codec: nil)
        #expect(question.requestTarget(path: "/cb?token=1") == "/cb?token=1&app=a&domain=d&stream=s")
        #expect(question.requestTarget(path: "/cb") == "/cb?app=a&domain=d&stream=s")
    }

    /// The right sides are what Go's `url.QueryEscape` returns.
    @Test(arguments: [
        ("", ""),
        ("AZaz09-_.~", "AZaz09-_.~"),
        ("a b", "a+b"),
        ("a+b", "a%2Bb"),
        ("a/b?c=d&e#f", "a%2Fb%3Fc%3Dd%26e%23f"),
        ("直播", "%E7%9B%B4%E6%92%AD"),
        ("100%\r\n\u{0}", "100%25%0D%0A%00"),
        ("!*'()", "%21%2A%27%28%29"),
    ])
    func `values are escaped as Go escapes them`(value: String, escaped: String) {
        let question = CallbackQuestion(app: value, domain: value, stream: value, bitrate: nil, codec: value)
        #expect(question.query == "app=\(escaped)&domain=\(escaped)&stream=\(escaped)&codec=\(escaped)")
    }
}
