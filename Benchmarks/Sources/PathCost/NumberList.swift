import ArgumentParser

/// Numbers with commas between them, such as 64,256.
struct NumberList: ExpressibleByArgument, CustomStringConvertible {
    let numbers: [Int]

    var description: String { numbers.map(String.init).joined(separator: ",") }

    init(_ numbers: [Int]) {
        self.numbers = numbers
    }

    init?(argument: String) {
        let parts = argument.split(separator: ",")
        numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count else { return nil }
    }
}
