/// A point in time that a script makes up, for state machines that are told the time.
public struct ScriptedInstant: InstantProtocol {
    private var sinceStart: Duration

    /// The point this many milliseconds after the script's start.
    public init(_ milliseconds: Int) {
        sinceStart = .milliseconds(milliseconds)
    }

    /// The point this long after this one.
    public func advanced(by duration: Duration) -> ScriptedInstant {
        var later = self
        later.sinceStart += duration
        return later
    }

    /// How long after this one `other` is.
    public func duration(to other: ScriptedInstant) -> Duration {
        other.sinceStart - sinceStart
    }

    /// Whether `left` is earlier.
    public static func < (left: ScriptedInstant, right: ScriptedInstant) -> Bool {
        left.sinceStart < right.sinceStart
    }
}

extension ScriptedInstant: ExpressibleByIntegerLiteral {
    /// Milliseconds after the script's start.
    public init(integerLiteral value: Int) {
        self.init(value)
    }
}
