/// What writing and reading share. The lock around it is never held during a system call.
struct JournalState: Sendable {
    var book: SegmentBook
    var counters = JournalCounters()
    var lastFailure: JournalError?
    /// Whoever waits for something to read.
    var reader: CheckedContinuation<Bool, Never>?
    var isClosed = false
}
