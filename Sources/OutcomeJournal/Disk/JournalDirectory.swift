internal import Glibc

/// The directory of a journal: what its files are called, and what is done with whole files.
struct JournalDirectory: Sendable {
    let path: String
    let disk: any JournalDisk

    var cursorPath: String { path + "/cursor" }

    func segmentPath(_ first: UInt64) -> String { path + "/" + SegmentName.name(first: first) }

    /// Makes the directory if it is missing, and takes it for as long as the returned file is open.
    func lock() throws(JournalError) -> OpenFile {
        try make(path)
        let file = try disk.open(path + "/lock", O_RDWR | O_CREAT)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: throw .inUse(directory: path)
            default: throw .system(operation: "flock", errorNumber: errno)
            }
        }
        return file
    }

    private func make(_ path: String) throws(JournalError) {
        if try makeOne(path) { return }
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .system(operation: "mkdir \(path)", errorNumber: ENOENT)
        }
        try make(String(path[..<slash]))
        guard try makeOne(path) else { throw .system(operation: "mkdir \(path)", errorNumber: ENOENT) }
    }

    /// - Returns: False when there is no directory to make it in.
    private func makeOne(_ path: String) throws(JournalError) -> Bool {
        if mkdir(path, 0o750) == 0 {
            try disk.syncDirectory(path + "/..")
            return true
        }
        switch errno {
        case EEXIST: return true
        case ENOENT: return false
        case let errorNumber: throw .system(operation: "mkdir \(path)", errorNumber: errorNumber)
        }
    }

    /// The segments that are there, by the numbers of their first records, in order.
    func segments() throws(JournalError) -> [UInt64] {
        guard let stream = opendir(path) else { throw .system(operation: "opendir", errorNumber: errno) }
        defer { closedir(stream) }
        var found: [UInt64] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let first = SegmentName.first(from: name) { found.append(first) }
            errno = 0
        }
        guard errno == 0 else { throw .system(operation: "readdir", errorNumber: errno) }
        return found.sorted()
    }

    /// Deletes a segment, or keeps it aside if it is damaged.
    func discard(_ leftover: SegmentBook.Leftover) throws(JournalError) {
        if leftover.isDamaged { try setAside(leftover.first) } else { try disk.remove(segmentPath(leftover.first)) }
    }

    /// Cuts a segment down to nothing.
    func empty(_ first: UInt64) throws(JournalError) {
        try disk.truncate(disk.open(segmentPath(first), O_RDWR), to: 0)
    }

    /// Renames a segment, so that it is neither read nor deleted any more.
    func setAside(_ first: UInt64) throws(JournalError) {
        let path = segmentPath(first)
        var newPath = path + ".corrupt"
        var copies = 1
        while access(newPath, F_OK) == 0 {
            copies += 1
            newPath = path + ".\(copies).corrupt"
        }
        try disk.rename(path, to: newPath)
    }
}
