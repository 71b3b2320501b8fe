internal import Glibc

/// Finds out what is in a journal's directory, and puts it in order.
///
/// No record is written into a segment of an earlier run. So the end of the newest one is the only place where a
/// process that was killed can leave half a record, and that is cut. Everything else that is not as it was written is
/// damage: it is never cut. What comes before it in its file is read, and then the file is kept aside as a whole.
struct JournalOpening {
    let directory: JournalDirectory
    let configuration: JournalConfiguration
    private(set) var book: SegmentBook
    private(set) var recovery = JournalRecovery()

    private var cursor: JournalPosition?

    /// Puts the directory in order, which must be locked.
    init(_ directory: JournalDirectory, configuration: JournalConfiguration) throws(JournalError) {
        self.directory = directory
        self.configuration = configuration
        book = SegmentBook(maximumBytes: configuration.maximumBytes, segmentBytes: configuration.segmentBytes)
        let sought = try readCursor()
        let segments = try directory.segments()
        for (index, first) in segments.enumerated() {
            let following = index + 1 < segments.count ? segments[index + 1] : nil
            try take(first, following: following, sought: sought)
        }
        if let sought { try resume(from: sought) }
        recovery.segments = book.segments.count
        recovery.records = book.segments.reduce(0) { $0 + $1.records }
        recovery.unconfirmedRecords = book.unconfirmedRecords
        recovery.bytes = book.bytes
    }

    private func readCursor() throws(JournalError) -> UInt64? {
        let file = try directory.disk.open(directory.cursorPath, O_RDONLY | O_CREAT)
        var window = ReadingWindow(file: file, disk: directory.disk)
        try window.fill(atLeast: CursorFormat.byteCount)
        return CursorFormat.sequence(from: window.withBytes { Array($0) })
    }

    private mutating func take(_ first: UInt64, following: UInt64?, sought: UInt64?) throws(JournalError) {
        let path = directory.segmentPath(first)
        let file = try directory.disk.open(path, O_RDWR)
        let scan = try SegmentScan(file, first: first, limit: following, sought: sought, disk: directory.disk)
        var segment = SegmentBook.Segment(first: first, records: scan.records, bytes: scan.bytes)
        let rest = try file.byteCount() - scan.bytes
        switch scan.ending {
        case .whole: break
        case .foreign(let version): throw .foreignVersion(file: path, version: version)
        case .torn where following == nil || rest == 0:
            try directory.disk.truncate(file, to: scan.bytes)
            recovery.cutBytes += rest
        case .surplus:
            segment.damagedBytes = rest
            recovery.cutBytes += rest
        case .torn, .damaged:
            segment.damagedBytes = rest
            segment.isDamaged = true
            recovery.corruptBytes += rest
            recovery.corruptFiles.append(path)
        }
        try keep(segment, file, scan, following: following)
    }

    private mutating func keep(
        _ segment: SegmentBook.Segment,
        _ file: OpenFile,
        _ scan: SegmentScan,
        following: UInt64?
    ) throws(JournalError) {
        if segment.records == 0 {
            try directory.discard(SegmentBook.Leftover(first: segment.first, isDamaged: segment.isDamaged))
        } else {
            // What a killed process has left in the page cache must not be read before it is as safe as the rest.
            if following == nil, configuration.sync != .none { try directory.disk.syncData(file) }
            book.found(segment, timeline: scan.timeline)
            if let place = scan.cursor { cursor = place }
        }
        // A segment in which nothing can be read may have had any number of records up to the next one.
        if let following { recovery.missingRecords += following - segment.end }
    }

    private mutating func resume(from sought: UInt64) throws(JournalError) {
        // What was confirmed may be missing at the end, after a loss of power. Its numbers are not given out again.
        book.skip(to: sought)
        let later = book.segments.first { $0.first >= sought }.map { JournalPosition.start(of: $0.first) }
        guard let place = cursor ?? later ?? book.segments.last?.endPosition else { return }
        for leftover in book.confirm(upTo: place) { try directory.discard(leftover) }
    }
}

extension OpenFile {
    fileprivate func byteCount() throws(JournalError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(operation: "fstat", errorNumber: errno) }
        return Int(status.st_size)
    }
}
