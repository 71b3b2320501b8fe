internal import Histogram

/// What a run has seen so far; its size does not depend on how much that was.
struct LoadTally {
    /// Latencies above an hour count as an hour.
    private static let longest: UInt64 = 3_600_000_000

    private(set) var sent = 0
    private(set) var warmUpCount = 0
    private(set) var answers = LoadReport.Answers()
    private(set) var failures: [CallbackFailure: Int] = [:]
    /// In microseconds, three digits exact.
    private var latencies = Histogram<UInt64>(
        highestTrackableValue: Self.longest,
        numberOfSignificantValueDigits: .three
    )

    /// A request left, or was about to when its connection could not be made.
    mutating func sent(isMeasured: Bool) {
        if isMeasured {
            sent += 1
        } else {
            warmUpCount += 1
        }
    }

    /// A measured request was answered after so many nanoseconds.
    mutating func answered(_ verdict: CallbackVerdict, after nanoseconds: Int64) {
        answers.total += 1
        switch verdict {
        case .record: answers.record += 1
        case .doNotRecord: answers.doNotRecord += 1
        case .doNotRecordByOmission: answers.doNotRecordByOmission += 1
        case .failed(let failure): failures[failure, default: 0] += 1
        }
        record(nanoseconds)
    }

    /// A measured request ended without an answer after so many nanoseconds.
    ///
    /// A timeout is at least that long, and to leave it out would flatter the server. A connection that was refused
    /// or lost says nothing about how long an answer takes.
    mutating func failed(_ failure: CallbackFailure, after nanoseconds: Int64) {
        failures[failure, default: 0] += 1
        if failure == .timeout {
            record(nanoseconds)
        }
    }

    /// Measured requests were due and never sent.
    mutating func notSent(_ count: Int) {
        guard count > 0 else { return }
        failures[.notSent, default: 0] += count
    }

    var latency: LatencySummary {
        LatencySummary(latencies)
    }

    private mutating func record(_ nanoseconds: Int64) {
        latencies.record(min(UInt64(clamping: nanoseconds / 1_000), Self.longest))
    }
}
