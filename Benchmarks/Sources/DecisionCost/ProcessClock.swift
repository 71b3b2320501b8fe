import Glibc

/// The CPU time of a process on this machine.
struct ProcessClock {
    /// This process.
    static var own: ProcessClock { ProcessClock(process: getpid()) }

    let process: Int32

    /// User and system time so far, in microseconds; the kernel counts nanoseconds in `schedstat`.
    var microseconds: Double {
        // Every thread of its own: the file of a process is about its first thread alone.
        var total = 0.0
        guard let directory = opendir("/proc/\(process)/task") else { return 0 }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard Int(name) != nil else { continue }
            total += Self.nanoseconds(ofThread: "/proc/\(process)/task/\(name)/schedstat") / 1_000
        }
        return total
    }

    private static func nanoseconds(ofThread path: String) -> Double {
        guard let file = fopen(path, "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, 128, file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
}
