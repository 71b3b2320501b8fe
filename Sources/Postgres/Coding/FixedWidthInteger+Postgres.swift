extension FixedWidthInteger where Self: SignedInteger {
    /// Appends the decimal form.
    package func appendDecimal(to bytes: inout [UInt8]) {
        if self < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = magnitude
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
            rest = quotient
        } while rest != 0
        bytes[start...].reverse()
    }

    /// Reads a decimal form; nil when it is none or does not fit.
    package init?(decimal text: Span<UInt8>) {
        guard !text.isEmpty else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        guard text.count > (isNegative ? 1 : 0) else { return nil }
        var value: Self = 0
        for index in (isNegative ? 1 : 0)..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            // Counted down for negative numbers, because the smallest one has no positive twin.
            let (sum, carry) =
                isNegative
                ? product.subtractingReportingOverflow(Self(digit))
                : product.addingReportingOverflow(Self(digit))
            if overflow || carry { return nil }
            value = sum
        }
        self = value
    }
}

extension Int: PostgresEncodable, PostgresDecodable {
    /// The decimal form.
    public func encodePostgresText(into bytes: inout [UInt8]) { appendDecimal(to: &bytes) }

    /// Reads the decimal form, if it fits.
    public init?(postgresText text: Span<UInt8>) { self.init(decimal: text) }
}

extension Int64: PostgresEncodable, PostgresDecodable {
    /// The decimal form.
    public func encodePostgresText(into bytes: inout [UInt8]) { appendDecimal(to: &bytes) }

    /// Reads the decimal form, if it fits.
    public init?(postgresText text: Span<UInt8>) { self.init(decimal: text) }
}

extension Int32: PostgresEncodable, PostgresDecodable {
    /// The decimal form.
    public func encodePostgresText(into bytes: inout [UInt8]) { appendDecimal(to: &bytes) }

    /// Reads the decimal form, if it fits.
    public init?(postgresText text: Span<UInt8>) { self.init(decimal: text) }
}

extension Int16: PostgresEncodable, PostgresDecodable {
    /// The decimal form.
    public func encodePostgresText(into bytes: inout [UInt8]) { appendDecimal(to: &bytes) }

    /// Reads the decimal form, if it fits.
    public init?(postgresText text: Span<UInt8>) { self.init(decimal: text) }
}
