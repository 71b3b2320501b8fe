/// A point in time that a script makes up.
struct ScriptedInstant: InstantProtocol, ExpressibleByIntegerLiteral {
    private var milliseconds: Int

    init(integerLiteral value: Int) { milliseconds = value }

    func advanced(by duration: Duration) -> ScriptedInstant {
        var later = self
        later.milliseconds += Int(duration / .milliseconds(1))
        return later
    }

    func duration(to other: ScriptedInstant) -> Duration { .milliseconds(other.milliseconds - milliseconds) }

    static func < (left: ScriptedInstant, right: ScriptedInstant) -> Bool { left.milliseconds < right.milliseconds }
}
