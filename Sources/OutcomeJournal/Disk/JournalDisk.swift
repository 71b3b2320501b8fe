/// The system calls that change what is on the disk, so that a test can make them fail.
///
/// All of them throw ``JournalError/system(operation:errorNumber:)``.
protocol JournalDisk: Sendable {
    /// Opens a file; a new one can be read and written by its owner and read by its group.
    func open(_ path: String, _ flags: Int32) throws(JournalError) -> OpenFile
    /// Writes at the file's position, and says how many bytes it wrote: one or more.
    func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(JournalError) -> Int
    /// Writes at an offset.
    func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(JournalError) -> Int
    /// Reads from an offset; 0 at the end of the file.
    func read(into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int) throws(JournalError)
        -> Int
    /// Makes a file's bytes survive a loss of power.
    func syncData(_ file: OpenFile) throws(JournalError)
    /// Makes a directory's entries survive a loss of power.
    func syncDirectory(_ path: String) throws(JournalError)
    func truncate(_ file: OpenFile, to count: Int) throws(JournalError)
    func remove(_ path: String) throws(JournalError)
    func rename(_ path: String, to newPath: String) throws(JournalError)
}
