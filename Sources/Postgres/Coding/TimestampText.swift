/// The ISO text form of timestamps: `2026-01-31 23:59:59.123456+00`, with ` BC` after it before year 1.
enum TimestampText {
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    static func append(_ microseconds: Int64, to bytes: inout [UInt8]) {
        if microseconds == .max || microseconds == .min {
            bytes.append(contentsOf: (microseconds == .max ? "infinity" : "-infinity").utf8)
            return
        }
        var (days, time) = microseconds.quotientAndRemainder(dividingBy: microsecondsPerDay)
        if time < 0 {
            days -= 1
            time += microsecondsPerDay
        }
        let date = GregorianDate(daysSinceEpoch: days)
        let isBC = date.year < 1
        append(isBC ? 1 - date.year : date.year, width: 4, to: &bytes)
        append(date.month, width: 2, after: "-", to: &bytes)
        append(date.day, width: 2, after: "-", to: &bytes)
        append(time / 3_600_000_000, width: 2, after: " ", to: &bytes)
        append(time / 60_000_000 % 60, width: 2, after: ":", to: &bytes)
        append(time / 1_000_000 % 60, width: 2, after: ":", to: &bytes)
        append(time % 1_000_000, width: 6, after: ".", to: &bytes)
        bytes.append(contentsOf: (isBC ? "+00 BC" : "+00").utf8)
    }

    static func decode(_ text: Span<UInt8>) -> Int64? {
        var scanner = TextScanner()
        guard
            var year = scanner.number(in: text), scanner.skip("-", in: text),
            let month = scanner.number(in: text), (1...12).contains(month), scanner.skip("-", in: text),
            let day = scanner.number(in: text), (1...31).contains(day), scanner.skip(" ", in: text),
            let hour = scanner.number(in: text), hour <= 24, scanner.skip(":", in: text),
            let minute = scanner.number(in: text), minute < 60, scanner.skip(":", in: text),
            let second = scanner.number(in: text), second <= 60
        else { return infinity(text) }
        guard let fraction = scanner.skip(".", in: text) ? scanner.microseconds(in: text) : 0,
            let offset = scanner.offset(in: text)
        else { return nil }
        if scanner.skip(" ", in: text) {
            guard scanner.skip("B", in: text), scanner.skip("C", in: text) else { return nil }
            year = 1 - year
        }
        guard scanner.isAtEnd(of: text), year < 300_000 else { return nil }
        let days = GregorianDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        // The server's own range ends in the year 294276, where Int64 ends too.
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, carry) = scaled.addingReportingOverflow(fraction)
        return overflow || carry ? nil : sum
    }

    private static func infinity(_ text: Span<UInt8>) -> Int64? {
        switch String(postgresText: text) {
        case "infinity": .max
        case "-infinity": .min
        default: nil
        }
    }

    private static func append(
        _ number: Int64,
        width: Int,
        after separator: Unicode.Scalar? = nil,
        to bytes: inout [UInt8]
    ) {
        if let separator { bytes.append(UInt8(ascii: separator)) }
        var scale: Int64 = 10
        var digits = 1
        while number >= scale {
            scale *= 10
            digits += 1
        }
        for _ in digits..<max(width, digits) { bytes.append(UInt8(ascii: "0")) }
        number.appendDecimal(to: &bytes)
    }
}
