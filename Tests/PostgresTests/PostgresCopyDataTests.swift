import Testing

@testable import Postgres

@Suite struct PostgresCopyDataTests {
    @Test func `fields are escaped and NULL is told from its name`() {
        var data = PostgresCopyData(columnCount: 3)
        data.append(row: [nil, "", #"\N"#])
        data.append(row: ["a\tb", "c\nd\re", #"f\g"#])
        #expect(String(decoding: data.bytes, as: UTF8.self) == "\\N\t\t\\\\N\na\\tb\tc\\nd\\re\tf\\\\g\n")
        #expect(data.rowCount == 2)
    }

    @Test func `values of different types make a row`() {
        var data = PostgresCopyData(columnCount: 4)
        data.append(1, true, nil as String?, [#"a\"#, "b"])
        #expect(String(decoding: data.bytes, as: UTF8.self) == "1\tt\t\\N\t{\"a\\\\\\\\\",\"b\"}\n")
    }

    @Test func `a row with another number of values is noticed`() {
        var data = PostgresCopyData(columnCount: 2)
        data.append(row: ["a"])
        #expect(data.hasWrongColumnCount)
    }

    @Test func `a zero byte is noticed`() {
        var data = PostgresCopyData(columnCount: 1)
        data.append(row: ["a\0"])
        #expect(data.hasZeroByte)
    }
}
