/// How far a stream has been read.
///
/// Reading begins one message before the place, at the last one that was read: it is there unless something is wrong.
/// So a first message that lies beyond the place says that retention has removed what was in between, and silence says
/// that the stream is another one. RabbitMQ itself tells neither: it begins a read below the oldest message at the
/// oldest, and one beyond the newest never gets a message.
///
/// Within a read, offsets that are left out are nothing to worry about: the broker keeps notes of its own in a stream,
/// and each takes an offset.
struct StreamPosition: Sendable, Equatable {
    /// The offset of the next message to read.
    private(set) var next: Int64
    /// The messages that retention has removed before this read could get them. It can be too many, by the broker's
    /// notes among them, but never too few.
    private(set) var missed: Int64 = 0
    /// Whether the stream is known to be the one that was read before: a message has come, or nothing was ever read.
    private(set) var isConfirmed: Bool
    private var hasBegun = false

    /// A read that goes on at `next`, the offset that was stored.
    init(next: Int64) {
        self.next = next
        isConfirmed = next == 0
    }

    /// The offset to ask the broker for.
    var first: Int64 { max(0, next - 1) }

    /// The broker has handed out a message.
    ///
    /// - Returns: Whether it is to be read; otherwise it has been already.
    mutating func received(_ offset: Int64) -> Bool {
        if !hasBegun { missed = max(0, offset - next) }
        hasBegun = true
        isConfirmed = true
        guard offset >= next else { return false }
        next = offset + 1
        return true
    }

    /// What was missed is accounted for.
    mutating func accountedForMissed() {
        missed = 0
    }
}
