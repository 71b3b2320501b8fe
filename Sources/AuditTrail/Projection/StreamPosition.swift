internal import AMQP

/// How far a stream has been read.
///
/// Reading begins one message before the place, at the last one that was read: it is there unless something is wrong.
/// So a first message that lies beyond the place says that retention has removed what was in between. Silence says that
/// the stream is another one of the same name, which was declared anew and has not come so far; and when it has, another
/// message than the one that was read says so. RabbitMQ itself tells none of it: it begins a read below the oldest
/// message at the oldest, and one beyond the newest never gets a message.
///
/// A place without a last message is where a read begins once more: what retention removed before it was read the first
/// time, or is counted already.
///
/// Within a read, offsets that are left out are nothing to worry about: the broker keeps notes of its own in a stream,
/// and each takes an offset.
struct StreamPosition: Sendable, Equatable {
    /// The offset of the next message to read.
    private(set) var next: Int64
    /// The name of the message at `next - 1`, the last that was read; nil when nothing was ever read.
    private(set) var lastMessage: String?
    /// The messages that retention has removed before this read could get them. It can be too many, by the broker's
    /// notes among them, but never too few.
    private(set) var missed: Int64 = 0
    /// Whether the stream need not be listened to for silence: a message has come, or nothing was ever read.
    private(set) var isConfirmed: Bool
    private var hasBegun = false
    private let isRepeated: Bool

    /// A read that goes on where the last one was.
    ///
    /// - Parameters:
    ///   - next: The offset that was stored.
    ///   - lastMessage: The name that was stored with it.
    init(next: Int64, lastMessage: String?) {
        self.next = next
        self.lastMessage = lastMessage
        isConfirmed = next == 0
        isRepeated = next > 0 && lastMessage == nil
    }

    /// A read from the first message on.
    static let beginning = StreamPosition(next: 0, lastMessage: nil)

    /// The offset to ask the broker for.
    var first: Int64 { max(0, next - 1) }

    /// The broker has handed out a message.
    ///
    /// - Parameters:
    ///   - offset: Where it is.
    ///   - name: What it is known by; see ``name(of:at:)``.
    /// - Returns: Whether it is to be read; otherwise it has been already.
    /// - Throws: ``AuditorError`` when it is not the one that was read at its place.
    mutating func received(_ offset: Int64, name: String) throws(AuditorError) -> Bool {
        if offset == next - 1, let lastMessage, lastMessage != name {
            throw AuditorError(.streamBegunAnew, "offset \(offset) holds another message")
        }
        if !hasBegun, !isRepeated { missed = max(0, offset - next) }
        hasBegun = true
        isConfirmed = true
        guard offset >= next else { return false }
        next = offset + 1
        lastMessage = name
        return true
    }

    /// What was missed is accounted for.
    mutating func accountedForMissed() {
        missed = 0
    }

    /// What a message is known by: its id, which is a notice's own, or else its time and its offset.
    ///
    /// The database's texts have no NUL in them, which an id may have; such a message counts as one without an id.
    static func name(of properties: AMQPProperties, at offset: Int64) -> String {
        if let id = properties.messageID, !id.isEmpty, !id.utf8.contains(0) { return id }
        return "\(properties.timestamp.map(String.init) ?? "")/\(offset)"
    }
}
