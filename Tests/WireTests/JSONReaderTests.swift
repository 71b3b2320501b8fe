import Testing
import Wire

@Suite struct JSONReaderTests {
    /// Reads the whole text as any value.
    static func skip(_ bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        try reader.skipValue()
        try reader.finish()
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "10", "-12", "0.5", "-0.0", "1e5", "1E+05", "2.50e-3", "1e400",
        "99999999999999999999", "\"\"", "\"a\"", " \t\r\n1 \t\r\n", "[1,2]", "[ 1 , [ ] , { } ]", "{\"\":1}",
        "{\"a\":{\"a\":[{\"a\":null}]}}", "\"\u{7F}\"", "\"日\"", "\"🎥\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0000\"", "\"\\uD83C\\uDFA5\"", "\"\\ud83c\\udfa5\"", "\"\\uFFFF\"", "{\"a\":1,\"b\":2,\"A\":3}",
    ])
    func `What RFC 8259 allows is read`(text: String) throws {
        try Self.skip(Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "nul", "nulL", "True", "truefalse", "undefined", "NaN", "Infinity", "-Infinity", "'a'", "a", "/**/1",
        "01", "-01", "00", "+1", "-", "--1", ".5", "-.5", "1.", "1.e5", "1e", "1e+", "1e-", "1e1.5", "0x10", "1_000",
        "1 2",
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1}", "[1]]",
        "{", "}", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}",
        "{\"a\"=1}",
        "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "{\"a\":1}}", "{\"a\":1}{", "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\U0041\"", "\"\\'\"", "\"\\u\"", "\"\\u12\"", "\"\\u123g\"",
        "\"\\u 123\"", "\"\\u+123\"", "\"\\uD800\"", "\"\\uD800x\"", "\"\\uD800\\n\"", "\"\\uDC00\"",
        "\"\\uDC00\\uD800\"",
        "\"\\uD800\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uD83C\\uDFA\"",
        "\"\n\"", "\"\t\"", "\"\u{0}\"", "\"\u{1F}\"", "\"\\n\n\"",
        "\u{FEFF}1", "\u{A0}1", "\u{B}1", "\u{C}1", "1\u{0}",
    ])
    func `Anything else is an error`(text: String) {
        #expect(throws: JSONError.self) { try Self.skip(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xFF], [0xFE], [0xE6, 0x97],
        ] as [[UInt8]]
    )
    func `A string that is not UTF-8 is an error, with and without escapes in it`(bytes: [UInt8]) {
        #expect(throws: JSONError("a string is not UTF-8", at: 1)) { try Self.skip([0x22] + bytes + [0x22]) }
        #expect(throws: JSONError("a string is not UTF-8", at: 1)) {
            try Self.skip([0x22] + Array("\\n".utf8) + bytes + [0x22])
        }
        #expect(throws: JSONError.self) { try Self.skip(bytes) }
    }

    @Test func `Escapes stand for what RFC 8259 says`() throws {
        var reader = JSONReader(Array(#" "\"\\\/\b\f\n\r\t\u00e9\u65E5\uD83C\uDFA5 e\u0301" "#.utf8))
        let text = try reader.readString()
        #expect(Array(text.unicodeScalars) == Array("\"\\/\u{8}\u{C}\n\r\t\u{E9}日🎥 e\u{301}".unicodeScalars))
        try reader.finish()
    }

    @Test func `Names that only look the same are different members`() throws {
        var names: [String] = []
        var reader = JSONReader(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        try reader.readObject { (reader, name) throws(JSONError) in
            names.append(name)
            try reader.skipValue()
        }
        #expect(names.count == 2)
    }

    @Test func `Nesting is read to its limit and no deeper`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        let limit = JSONReader.maximumDepth
        try Self.skip(nested(limit, "[", "]"))
        try Self.skip(nested(limit, "{\"a\":", "}"))
        #expect(throws: JSONError("nested too deeply", at: limit + 1)) { try Self.skip(nested(limit + 1, "[", "]")) }
        #expect(throws: JSONError.self) { try Self.skip(nested(limit + 1, "{\"a\":", "}")) }
        #expect(throws: JSONError.self) { try Self.skip(nested(1_000_000, "[", "]")) }
        // Depth is nesting, not the number of containers.
        try Self.skip(Array(("[" + String(repeating: "[],", count: 1_000) + "[]]").utf8))
    }

    @Test func `An object has at most 256 members`() throws {
        func object(_ count: Int) -> [UInt8] {
            Array(("{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}").utf8)
        }
        try Self.skip(object(256))
        #expect(throws: JSONError.self) { try Self.skip(object(257)) }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.0", nil), ("1e2", nil), ("\"1\"", nil),
            ("null", nil), ("true", nil), ("[1]", nil),
        ] as [(String, Int64?)]
    )
    func `Whole numbers are those of 64 bits`(text: String, number: Int64?) {
        var reader = JSONReader(Array(text.utf8))
        #expect((try? reader.readInteger()) == number)
    }

    @Test func `Asking for another kind of value is an error that says where`() throws {
        func error(_ text: String, _ read: (inout JSONReader) throws(JSONError) -> Void) throws -> JSONError {
            var reader = JSONReader(Array(text.utf8))
            return try #require(throws: JSONError.self) { try read(&reader) }
        }
        #expect(
            try error(" 1") { r throws(JSONError) in _ = try r.readString() } == JSONError("expected a string", at: 1)
        )
        #expect(
            try error("1") { r throws(JSONError) in _ = try r.readBool() } == JSONError("expected true or false", at: 0)
        )
        #expect(try error("1") { r throws(JSONError) in try r.readNull() } == JSONError("expected null", at: 0))
        #expect(
            try error("1") { r throws(JSONError) in try r.readArray { r throws(JSONError) in try r.skipValue() } }
                == JSONError("expected an array", at: 0)
        )
        #expect(
            try error("[") { r throws(JSONError) in try r.skipValue() } == JSONError("the text ends too early", at: 1)
        )
        #expect(JSONError("expected null", at: 3).description == "expected null at byte 3")
    }

    @Test func `The kind of a value is known before it is read, and reading it moves on`() throws {
        var reader = JSONReader(Array(#"[{},[],"s",-1,true,null,2.5e1]"#.utf8))
        var kinds: [JSONReader.Kind] = []
        var last = ""
        try reader.readArray { reader throws(JSONError) in
            let kind = try reader.peekKind()
            kinds.append(kind)
            if kind == .number { last = try reader.readNumberText() } else { try reader.skipValue() }
        }
        try reader.finish()
        #expect(kinds == [.object, .array, .string, .number, .boolean, .null, .number])
        #expect(last == "2.5e1")
    }
}
