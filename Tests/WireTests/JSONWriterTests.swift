import DecisionCore
import Testing
import Wire

@Suite struct JSONWriterTests {
    private static func text(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.object(write)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `Commas stand between members and elements, and nowhere else`() {
        let text = Self.text { writer in
            writer.member("empty", object: { _ in })
            writer.member("none", array: { _ in })
            writer.member("text", "a")
            writer.member("yes", true)
            writer.member("no", false)
            writer.member(
                "list",
                array: { list in
                    list.element("x")
                    list.object { $0.member("n", 1) }
                    list.object { _ in }
                    list.element("y")
                }
            )
            writer.member(named: "mp4", 300)
            writer.member(named: "a\"b", "c")
        }
        #expect(
            text
                == #"{"empty":{},"none":[],"text":"a","yes":true,"no":false,"list":["x",{"n":1},{},"y"],"mp4":300,"a\"b":"c"}"#
        )
        #expect(Self.text { _ in } == "{}")
    }

    @Test(arguments: [
        ("", #""""#), ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#), ("\n", #""\u000a""#), ("\u{0}", #""\u0000""#),
        ("\u{1F}", #""\u001f""#), ("\u{7F}", "\"\u{7F}\""), ("日🎥", "\"日🎥\""), ("\r\n", #""\u000d\u000a""#),
    ])
    func `Quotes, backslashes and control characters are escaped, and nothing else`(value: String, written: String) {
        #expect(Self.text { $0.member("v", value) } == "{\"v\":\(written)}")
    }

    @Test(arguments: [0, -1, Int64.max, Int64.min])
    func `Whole numbers are written in full`(number: Int64) {
        #expect(Self.text { $0.member("v", number) } == "{\"v\":\(number)}")
        #expect(Self.text { $0.member(named: "v", number) } == "{\"v\":\(number)}")
    }

    @Test func `Every scalar value comes back as it was, byte for byte`() throws {
        for plane in 0...16 {
            var text = ""
            for value in UInt32(plane) << 16..<UInt32(plane + 1) << 16 {
                if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
            }
            var writer = JSONWriter()
            writer.object { $0.member("v", text) }
            var reader = JSONReader(writer.bytes)
            var read = ""
            try reader.readObject { (reader, _) throws(JSONError) in read = try reader.readString() }
            try reader.finish()
            #expect(read.utf8.elementsEqual(text.utf8), "plane \(plane)")
        }
    }

    @Test func `Random texts come back as they were, as values, names and elements`() throws {
        var draw = Draw(seed: 102)
        for _ in 0..<5_000 {
            let (name, value) = (draw.text(0...20), draw.text(0...40))
            var writer = JSONWriter()
            writer.object { writer in
                writer.member(named: name + "!", value)
                writer.member("list", array: { $0.element(value) })
            }
            var reader = JSONReader(writer.bytes)
            var texts: [String] = []
            try reader.readObject { (reader, name) throws(JSONError) in
                if name == "list" {
                    try reader.readArray { reader throws(JSONError) in texts.append(try reader.readString()) }
                } else {
                    texts.append(name)
                    texts.append(try reader.readString())
                }
            }
            try reader.finish()
            #expect(texts.map { Array($0.utf8) } == [name + "!", value, value].map { Array($0.utf8) })
        }
    }

    @Test func `A plan is written with its formats and intervals in their order`() throws {
        let plan = try RecordingPlan(formats: [.m3u8, .flv, .mp4], intervals: [.m3u8: 30, .mp4: 300])
        #expect(
            Self.text { $0.members(of: plan) } == #"{"formats":["mp4","flv","m3u8"],"intervals":{"mp4":300,"m3u8":30}}"#
        )
        #expect(Self.text { $0.members(of: .template) } == #"{"formats":[],"intervals":{}}"#)
    }

    @Test func `A decision's members can be written into any object`() {
        let loser = Decision.LosingRule(id: Rule.ID(rawValue: 3), reason: .preceded(.skipBeforeRecord))
        let decision = Decision(
            verdict: .record(.template),
            reason: .rule(Rule.ID(rawValue: 12)),
            losingRules: [loser],
            revision: 7,
            decidedAt: Timestamp(millisecondsSinceEpoch: 1)
        )
        let text = Self.text { writer in
            writer.member("answer", "yes")
            writer.members(of: decision)
            writer.member("end", true)
        }
        #expect(
            text == #"{"answer":"yes","verdict":"record","formats":[],"intervals":{},"rule":12,"#
                + #""losing_rules":[{"rule":3,"preceded":"skip_before_record"}],"revision":7,"decided_at":1,"end":true}"#
        )
    }

    @Test func `The time zones of a decision stand in the order of their names, however they came`() {
        let zones = ["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Berlin", "Asia/Kabul"]
        var draw = Draw(seed: 103)
        for _ in 0..<20 {
            var utcOffsets: [String: Int] = [:]
            for zone in zones.shuffled(using: &draw.random) { utcOffsets[zone] = zone.utf8.count }
            let decision = Decision(
                verdict: .skip,
                reason: .noRuleMatches,
                revision: 7,
                utcOffsets: utcOffsets,
                decidedAt: Timestamp(millisecondsSinceEpoch: 1)
            )
            #expect(
                Self.text { $0.members(of: decision) } == #"{"verdict":"skip","revision":7,"utc_offsets":"#
                    + #"{"America/St_Johns":16,"Asia/Kabul":10,"Asia/Kolkata":12,"Europe/Berlin":13,"UTC":3},"#
                    + #""decided_at":1}"#
            )
        }
    }
}
