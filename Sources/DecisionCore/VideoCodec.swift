/// The video codec of a pushed stream, as the platform names it.
public enum VideoCodec: String, Sendable, Hashable, CaseIterable {
    /// H.264, also what an absent codec means on the platform.
    case h264
    /// H.265.
    case h265
}
