/// A container format the platform accepts in an answer.
///
/// The documented set for the on-demand callback is MP4, FLV and M3U8, in lower case in `Format`; newer formats of the
/// platform's configuration API are listed for no answer.
public enum RecordFormat: String, Sendable, Hashable, CaseIterable {
    /// MP4 files.
    case mp4
    /// FLV files.
    case flv
    /// An M3U8 playlist with its segments.
    case m3u8

    /// The key of this format in the answer's `Interval` object; its mixed case is the platform's.
    public var intervalKey: StaticString {
        switch self {
        case .mp4: "Mp4"
        case .flv: "Flv"
        case .m3u8: "M3U8"
        }
    }
}
