internal import Glibc

/// What can be seen of a journal's directory from outside, whether or not it is open. Looking changes nothing: what is
/// written on trial has no name and is gone at once.
public struct JournalSurvey: Sendable, Equatable {
    /// Who has the directory open.
    public struct Holder: Sendable, Equatable {
        /// The process, as this one sees it; 0 for one of another container.
        public var processID: Int32
        /// The name of its program; empty when it is not known.
        public var name: String
    }

    /// The directory that was looked at: the journal's own, or, when that is missing, the nearest one above it, in which
    /// it would be made.
    public private(set) var directory: String
    /// Whether the journal's own is there.
    public private(set) var exists: Bool
    /// What a file there was written and synced in; nil when that fails.
    public private(set) var syncTime: Duration?
    /// Why no file can be written and synced there; nil when it can.
    public private(set) var failure: JournalError?
    /// The bytes that this user may still write on its disk; nil when they cannot be told.
    public private(set) var availableBytes: Int?
    /// The bytes of the segments that are there.
    public private(set) var segmentBytes = 0
    /// How many files of damaged segments are set aside there.
    public private(set) var corruptFiles = 0
    /// Who has it open; nil for nobody that can be seen.
    public private(set) var holder: Holder?

    /// Looks.
    ///
    /// - Parameter path: The directory of a journal.
    public init(of path: String) {
        (directory, exists) = Self.nearest(path)
        do throws(JournalError) {
            syncTime = try Self.writeOnTrial(in: directory)
        } catch {
            failure = error
        }
        var space = statvfs()
        if statvfs(directory, &space) == 0 { availableBytes = Int(space.f_bavail) * Int(space.f_frsize) }
        guard exists else { return }
        for name in Self.names(in: directory) {
            if name.hasSuffix(SegmentName.suffix) {
                segmentBytes += Self.status(of: directory + "/" + name).map { Int($0.st_size) } ?? 0
            }
            if name.hasSuffix(".corrupt") { corruptFiles += 1 }
        }
        holder = Self.status(of: directory + "/lock").flatMap(Self.holder)
    }

    private static func nearest(_ path: String) -> (directory: String, exists: Bool) {
        var candidate = path
        while true {
            if status(of: candidate) != nil { return (candidate, candidate == path) }
            guard let slash = candidate.lastIndex(of: "/") else { return (".", false) }
            guard slash > candidate.startIndex else { return ("/", false) }
            candidate = String(candidate[..<slash])
        }
    }

    private static func writeOnTrial(in directory: String) throws(JournalError) -> Duration {
        let disk = LinuxDisk()
        let start = ContinuousClock.now
        let file = try unnamedFile(in: directory)
        _ = try [UInt8](repeating: 0, count: 4_096).withBytes { bytes throws(JournalError) in
            try disk.write(bytes, to: file)
        }
        try disk.syncData(file)
        return start.duration(to: .now)
    }

    /// Not every file system can make a file without a name.
    private static func unnamedFile(in directory: String) throws(JournalError) -> OpenFile {
        let descriptor = open(directory, temporaryFile | O_RDWR | O_CLOEXEC, 0o600)
        if descriptor >= 0 { return OpenFile(descriptor: descriptor) }
        guard errno == EOPNOTSUPP || errno == EISDIR else {
            throw .system(operation: "open \(directory)", errorNumber: errno)
        }
        let path = directory + "/.trial-\(getpid())"
        let file = try LinuxDisk().open(path, O_RDWR | O_CREAT | O_EXCL)
        try LinuxDisk().remove(path)
        return file
    }

    /// `O_TMPFILE`, which is a macro that Swift does not import.
    private static let temporaryFile: Int32 = 0o20_000_000 | O_DIRECTORY

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
        return names
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    // MARK: - The lock

    /// Whoever holds a lock on a file, by the kernel's list. Trying to lock it oneself would be in the way of a gateway that
    /// starts at this moment.
    private static func holder(of file: stat) -> Holder? {
        let device = (major: file.st_dev >> 8 & 0xFFF, minor: file.st_dev & 0xFF | file.st_dev >> 12 & 0xFFF00)
        for line in text(of: "/proc/locks").split(separator: "\n") {
            guard let lock = Lock(line), lock.inode == UInt64(file.st_ino),
                lock.device == (UInt64(device.major), UInt64(device.minor))
            else { continue }
            let name = text(of: "/proc/\(lock.processID)/comm").split(separator: "\n").first
            return Holder(processID: lock.processID, name: name.map(String.init) ?? "")
        }
        return nil
    }

    /// A lock that is held, as a line of `/proc/locks` has it: `1: FLOCK  ADVISORY  WRITE 4242 fe:00:1835 0 EOF`.
    struct Lock {
        let processID: Int32
        let device: (major: UInt64, minor: UInt64)
        let inode: UInt64

        /// Nil for a line of another form, as of somebody who waits for a lock, and for one of another kind of lock.
        init?(_ line: some StringProtocol) {
            let fields = line.split(separator: " ")
            guard fields.count == 8, fields[1] == "FLOCK", let process = Int32(fields[4]) else { return nil }
            let place = fields[5].split(separator: ":")
            guard place.count == 3, let major = UInt64(place[0], radix: 16), let minor = UInt64(place[1], radix: 16),
                let inode = UInt64(place[2])
            else { return nil }
            processID = process
            device = (major, minor)
            self.inode = inode
        }
    }

    private static func text(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&part, 1, part.count, file)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
    }
}
