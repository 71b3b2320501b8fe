/// The part of a file that is in memory while the file is read from its beginning to its end.
struct ReadingWindow {
    private static let capacity = 2 * RecordFormat.size(ofPayload: RecordFormat.maximumPayloadBytes)

    private let file: OpenFile
    private let disk: any JournalDisk
    private var bytes = [UInt8](repeating: 0, count: capacity)
    private var start = 0
    private var end = 0
    private var offset = 0

    init(file: OpenFile, disk: any JournalDisk) {
        self.file = file
        self.disk = disk
    }

    /// Whether nothing is left to look at.
    var isEmpty: Bool { start == end }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }

    /// Moves on by this many bytes.
    mutating func drop(_ count: Int) {
        start += count
    }

    /// Reads until this many bytes are here, at most a record and its header.
    ///
    /// - Returns: False when the file ends before.
    @discardableResult
    mutating func fill(atLeast count: Int) throws(JournalError) -> Bool {
        while end - start < count {
            if start > 0 {
                bytes.replaceSubrange(0..<end - start, with: Array(bytes[start..<end]))
                end -= start
                start = 0
            }
            let got = try read()
            if got == 0 { return false }
            end += got
            offset += got
        }
        return true
    }

    private mutating func read() throws(JournalError) -> Int {
        let (disk, file, offset) = (disk, file, offset)
        return try bytes.withBytes(in: end..<bytes.count) { free throws(JournalError) in
            try disk.read(into: free, from: file, at: offset)
        }
    }
}
