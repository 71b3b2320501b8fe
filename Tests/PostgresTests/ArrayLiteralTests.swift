import Testing

@testable import Postgres

@Suite struct ArrayLiteralTests {
    private func encode(_ value: some PostgresEncodable) -> String {
        var bytes: [UInt8] = []
        value.encodePostgresText(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func decode<Value: PostgresDecodable>(_ text: String, as type: Value.Type) -> Value? {
        Value(postgresText: Array(text.utf8).span)
    }

    @Test func `elements are quoted and escaped`() {
        #expect(
            encode(["a", "", "NULL", #"q"b\"#, "x,y", "{}", "é\n"]) == #"{"a","","NULL","q\"b\\","x,y","{}","é"#
                + "\n\"}"
        )
        #expect(encode(["a", nil] as [String?]) == #"{"a",NULL}"#)
        #expect(encode([] as [String]) == "{}")
    }

    @Test(
        arguments: [
            ("{}", []),
            ("{a,b}", ["a", "b"]),
            (#"{"",NULL,"NULL",null}"#, ["", nil, "NULL", "null"]),
            (#"{"q\"b\\","x,y","{}"}"#, [#"q"b\"#, "x,y", "{}"]),
            ("[0:1]={a,b}", ["a", "b"]),
            ("{日本,é}", ["日本", "é"]),
        ] as [(String, [String?])]
    )
    func `the server's forms are read`(text: String, elements: [String?]) {
        #expect(decode(text, as: [String?].self) == elements)
    }

    @Test(arguments: [
        "", "{", "}", "a", "{a", "{a,}", "{,a}", "{{a},{b}}", #"{"a}"#, #"{"a"b}"#, #"{"a\"#, "[0:1]", #"{a\b}"#,
        "{a}}x",
    ])
    func `what is no one-dimensional array is refused`(text: String) {
        #expect(decode(text, as: [String?].self) == nil)
    }

    @Test func `NULL needs an optional element`() {
        #expect(decode("{1,NULL}", as: [Int].self) == nil)
        #expect(decode("{1,NULL}", as: [Int?].self) == [1, nil])
    }

    @Test func `what is written is read`() {
        let texts = ["", "NULL", "\"", "\\", "\\\"", ",", "{", "}", " ", "\t\n\r", "😀", "a'b", "{\"a\"}"]
        #expect(decode(encode(texts), as: [String].self) == texts)
        let numbers = [Int64.min, -1, 0, 1, Int64.max]
        #expect(decode(encode(numbers), as: [Int64].self) == numbers)
        let blobs: [[UInt8]] = [[], [0, 255], Array("\\\"".utf8)]
        #expect(decode(encode(blobs), as: [[UInt8]].self) == blobs)
    }
}
