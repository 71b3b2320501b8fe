/// Names one channel of a connection for good, though the broker's channel numbers are used again.
struct ChannelKey: Sendable, Hashable {
    let number: UInt16
    let generation: UInt64
}
