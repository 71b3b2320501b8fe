/// How long the pushes lasted that are recorded otherwise than before.
public struct RecordedTime: Sendable, Equatable {
    /// How many pushes; the platform asks up to six times for one.
    public var pushes = 0
    /// How long those lasted together whose end is known, in seconds.
    public var seconds: Double = 0
    /// The pushes whose end is not known: the platform tells of it only where it was told to.
    public var endless = 0

    /// No push so far.
    public init() {}

    mutating func add(_ length: PushLengths.Length) {
        guard length.isLastAttempt else { return }
        pushes += 1
        if let seconds = length.seconds { self.seconds += seconds } else { endless += 1 }
    }
}
