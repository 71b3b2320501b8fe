/// The middle one of some numbers.
package func median(of values: [Double]) -> Double {
    values.sorted()[values.count / 2]
}

/// The middle one of some numbers, with a fixed number of decimals.
package func median(_ values: [Double], _ decimals: Int = 1) -> String {
    fixed(median(of: values), decimals)
}

/// A number with a fixed number of decimals.
package func fixed(_ value: Double, _ decimals: Int) -> String {
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    let (whole, rest) = Int((value * Double(scale)).rounded()).quotientAndRemainder(dividingBy: scale)
    guard decimals > 0 else { return "\(whole)" }
    let digits = String(rest.magnitude)
    return "\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
}
