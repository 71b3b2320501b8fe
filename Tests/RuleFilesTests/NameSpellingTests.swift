import DecisionCore
import RuleFiles
import Testing

@Suite struct NameSpellingTests {
    @Test(arguments: ["UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+5"])
    func `An IANA name is one`(name: String) {
        #expect(TimeZoneName.isSpelled(name))
    }

    @Test(arguments: [
        "", "utc", "CST", "EST5EDT", "GMT", "+08:00", "Asia/", "/Asia", "Asia//Shanghai", "a/b/c/d", "Etc/GMT+",
        "Etc/GMT+123", "Etc/GMT5", "posix/Asia/Shanghai", "right/UTC", "Asia/Shang hai", "Asia/Shanghai1",
    ])
    func `Anything else is not`(name: String) {
        #expect(!TimeZoneName.isSpelled(name))
    }

    @Test(arguments: ["a", "9", "vip-rooms", "a.b_c-D", String(repeating: "x", count: 100)])
    func `A label is one`(label: String) {
        #expect(Label.isSpelled(label))
    }

    @Test(arguments: ["", "-a", ".a", "_a", "a b", "é", "a/b", String(repeating: "x", count: 101)])
    func `What is no label is not`(label: String) {
        #expect(!Label.isSpelled(label))
    }
}
