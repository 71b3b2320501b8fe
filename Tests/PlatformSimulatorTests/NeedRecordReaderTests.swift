internal import PlatformSimulator
internal import Testing

@Suite struct NeedRecordReaderTests {
    @Test(arguments: [
        #"{"NeedRecord":true}"#: NeedRecordReading.boolean(true),
        #"{"NeedRecord":false}"#: .boolean(false),
        " {\t\"NeedRecord\"\r\n: true } \n": .boolean(true),
        #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300,"Flv":120},"Format":["mp4","flv"]}"#: .boolean(
            true
        ),
        #"{"a":[{"b":[[],{}]},-0.5e+10,0,1E5,null,"\"\\\/\b\f\n\r\t\u00e9"],"NeedRecord":true}"#: .boolean(true),
        #"{"NeedRecord":true,"NeedRecord":false}"#: .boolean(false),
        #"{"Interval":{"NeedRecord":true}}"#: .missing,
        #"{"Format":["NeedRecord",true]}"#: .missing,
        #"{"a":"\"NeedRecord\":true"}"#: .missing,
        #"{"needrecord":true,"NeedRecord2":true}"#: .missing,
        #"{}"#: .missing,
        #"{"NeedRecord":null}"#: .missing,
        #"{"NeedRecord":"true"}"#: .notBoolean,
        #"{"NeedRecord":1}"#: .notBoolean,
        #"{"NeedRecord":[true]}"#: .notBoolean,
        #"{"NeedRecord":{}}"#: .notBoolean,
    ])
    func `an object says what it says`(body: String, reading: NeedRecordReading) {
        #expect(NeedRecordReader.read(Array(body.utf8)) == reading)
    }

    @Test(arguments: [
        "", " ", "true", "null", "[]", #""NeedRecord""#, "{", "}", #"{"NeedRecord"}"#, #"{"NeedRecord":}"#,
        #"{"NeedRecord":true"#, #"{"NeedRecord":true,}"#, #"{"NeedRecord":true}}"#, #"{"NeedRecord":true} x"#,
        #"{"NeedRecord":tru}"#, #"{"NeedRecord":True}"#, #"{"NeedRecord":truefalse}"#, #"{NeedRecord:true}"#,
        #"{'NeedRecord':true}"#, #"{"NeedRecord" true}"#, #"{"NeedRecord":true "a":1}"#, #"{"a":01}"#, #"{"a":+1}"#,
        #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":1e}"#, #"{"a":-}"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#, #"{"a":"\u12"#,
        #"{"a":"b"#, "{\"a\":\"b\nc\"}", #"{"a":[1,]}"#, #"{"a":[1 2]}"#, #"{"a":[1}"#, "\u{FEFF}{}",
    ])
    func `anything else is malformed`(body: String) {
        #expect(NeedRecordReader.read(Array(body.utf8)) == .malformed)
    }

    @Test func `every cut of an answer is malformed`() {
        let body = Array(#"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#.utf8)
        for length in body.indices {
            #expect(NeedRecordReader.read(body.prefix(length)) == .malformed)
        }
    }

    @Test func `nesting without end is malformed and does not exhaust the stack`() {
        let body = #"{"a":"# + String(repeating: "[", count: 100_000)
        #expect(NeedRecordReader.read(Array(body.utf8)) == .malformed)
    }
}
