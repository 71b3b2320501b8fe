internal import Glibc

/// The disk as it is.
struct LinuxDisk: JournalDisk {
    func open(_ path: String, _ flags: Int32) throws(JournalError) -> OpenFile {
        OpenFile(descriptor: try call("open") { Glibc.open(path, flags | O_CLOEXEC, 0o640) })
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(JournalError) -> Int {
        try call("write") { Glibc.write(file.descriptor, bytes.baseAddress, bytes.count) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(JournalError) -> Int {
        try call("pwrite") { pwrite(file.descriptor, bytes.baseAddress, bytes.count, offset) }
    }

    func read(
        into bytes: UnsafeMutableRawBufferPointer,
        from file: OpenFile,
        at offset: Int
    ) throws(JournalError) -> Int {
        try call("pread") { pread(file.descriptor, bytes.baseAddress, bytes.count, offset) }
    }

    func syncData(_ file: OpenFile) throws(JournalError) {
        // Once more after an error would be wrong: the kernel reports a lost page once, and then takes it for clean.
        guard fdatasync(file.descriptor) == 0 else { throw .system(operation: "fdatasync", errorNumber: errno) }
    }

    func syncDirectory(_ path: String) throws(JournalError) {
        let directory = try open(path, O_RDONLY | O_DIRECTORY)
        guard fsync(directory.descriptor) == 0 else { throw .system(operation: "fsync", errorNumber: errno) }
    }

    func truncate(_ file: OpenFile, to count: Int) throws(JournalError) {
        _ = try call("ftruncate") { ftruncate(file.descriptor, count) }
    }

    func remove(_ path: String) throws(JournalError) {
        _ = try call("unlink") { unlink(path) }
    }

    func rename(_ path: String, to newPath: String) throws(JournalError) {
        _ = try call("rename") { Glibc.rename(path, newPath) }
    }

    /// Makes a system call, again when a signal interrupts it.
    private func call<Result: SignedInteger>(_ name: String, _ body: () -> Result) throws(JournalError) -> Result {
        while true {
            let result = body()
            if result >= 0 { return result }
            let errorNumber = errno
            guard errorNumber == EINTR else { throw .system(operation: name, errorNumber: errorNumber) }
        }
    }
}
