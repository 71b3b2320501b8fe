internal import Wire

extension WorkerTimes {
    /// What a batch has taken until now.
    ///
    /// - Parameters:
    ///   - takenAt: When it was taken from the inbox.
    ///   - reading: From when until when its facts were read, or could not be.
    init(takenAt: ContinuousClock.Instant, reading: Range<ContinuousClock.Instant>) {
        self.init(
            total: takenAt.duration(to: .now).microseconds,
            facts: reading.lowerBound.duration(to: reading.upperBound).microseconds
        )
    }
}
