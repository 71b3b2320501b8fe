import ArgumentParser
import DecisionCore
import RuleFiles

/// A moment as a person writes it: `2026-11-26T09:30:00Z`, or `1h` for an hour ago.
enum VerifyTime: ExpressibleByArgument, Equatable {
    case moment(Timestamp)
    case ago(Duration)

    private static let units: [Character: Int64] = ["d": 86_400, "h": 3_600, "m": 60, "s": 1]

    init?(argument: String) {
        if let moment = Timestamp(iso8601: argument) {
            self = .moment(moment)
            return
        }
        guard let unit = argument.last.flatMap({ Self.units[$0] }),
            argument.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int64(argument.dropLast()), count <= 1_000_000
        else { return nil }
        self = .ago(.seconds(count * unit))
    }

    /// The moment that is meant.
    func timestamp(now: Timestamp) -> Timestamp {
        switch self {
        case .moment(let moment): moment
        case .ago(let duration): now.advanced(by: .zero - duration)
        }
    }
}
