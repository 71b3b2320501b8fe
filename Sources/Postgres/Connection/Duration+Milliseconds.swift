extension Duration {
    /// Whole milliseconds, rounded up, never negative.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        // Longer than any timeout that PostgreSQL or poll(2) can be given.
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        let quotient = attoseconds / 1_000_000_000_000_000
        let isExact = attoseconds.isMultiple(of: 1_000_000_000_000_000)
        return seconds * 1000 + quotient + (isExact ? 0 : 1)
    }

    /// For `poll(2)`.
    var pollTimeout: Int32 { Int32(milliseconds) }
}
