/// The part of a file that is in memory while the file is read from its beginning to its end.
struct ReadingWindow {
    private let file: OpenFile
    private let disk: any JournalDisk
    private var bytes = [UInt8](repeating: 0, count: 1 << 16)
    /// What of it was read and not dropped.
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

    /// Reads until at least this many bytes are here.
    ///
    /// - Returns: False when the file ends before.
    @discardableResult
    mutating func fill(atLeast count: Int) throws(JournalError) -> Bool {
        while end - start < count {
            makeRoom(for: count)
            let got = try read()
            if got == 0 { return false }
            end += got
            offset += got
        }
        return true
    }

    private mutating func makeRoom(for count: Int) {
        if start > 0 {
            bytes.replaceSubrange(0..<end - start, with: Array(bytes[start..<end]))
            end -= start
            start = 0
        }
        if bytes.count < count { bytes.append(contentsOf: repeatElement(0, count: count - bytes.count)) }
    }

    private mutating func read() throws(JournalError) -> Int {
        let (disk, file, offset) = (disk, file, offset)
        return try bytes.withBytes(in: end..<bytes.count) { free throws(JournalError) in
            try disk.read(into: free, from: file, at: offset)
        }
    }
}
