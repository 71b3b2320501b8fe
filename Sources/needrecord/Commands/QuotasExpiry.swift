import ArgumentParser
import BusinessState

/// How long a reservation lasts, as a person writes it: `90m`, `24h` or `7d`.
struct QuotasExpiry: ExpressibleByArgument, Equatable {
    private static let units: [(name: Character, seconds: Int64)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]

    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    /// Reads a whole number of seconds, minutes, hours or days; nil for anything else, and for less than 10 seconds or more
    /// than ``Quota/expiryRange`` allows.
    init?(argument: String) {
        guard let unit = Self.units.first(where: { $0.name == argument.last }),
            argument.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int64(argument.dropLast()), count <= 10_000_000
        else { return nil }
        duration = .seconds(count * unit.seconds)
        guard (.seconds(10)...Quota.expiryRange.upperBound).contains(duration) else { return nil }
    }

    /// The widest unit that says it in a whole number; 24 hours are `24h` all the same.
    var text: String {
        let seconds = duration.components.seconds
        let unit =
            Self.units.first { seconds.isMultiple(of: $0.seconds) && seconds > $0.seconds } ?? Self.units[3]
        return "\(seconds / unit.seconds)\(unit.name)"
    }

    var defaultValueDescription: String { text }
}
