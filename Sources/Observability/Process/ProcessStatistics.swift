internal import Foundation

/// What the kernel knows of this process.
///
/// Source: proc(5), `/proc/pid/stat`; the names are those of the Prometheus client libraries.
struct ProcessStatistics: Equatable {
    /// Of all threads, in user and kernel mode, in seconds.
    var cpuSeconds: Double
    var residentBytes: Int
    var virtualBytes: Int
    var threads: Int
    /// Civil time, in seconds since 1970.
    var startSeconds: Double

    /// - Parameters:
    ///   - stat: What `/proc/self/stat` says.
    ///   - bootSeconds: When the system started, in seconds since 1970: `btime` of `/proc/stat`.
    init?(stat: String, bootSeconds: Double, ticksPerSecond: Double, pageBytes: Int) {
        // The second field is the program's name in parentheses, which may have spaces and parentheses.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        /// - Parameter number: As proc(5) counts them, from 1.
        func field(_ number: Int) -> Int? { fields.indices.contains(number - 3) ? Int(fields[number - 3]) : nil }
        guard let user = field(14), let kernel = field(15), let threads = field(20), let start = field(22),
            let virtualBytes = field(23), let residentPages = field(24)
        else { return nil }
        cpuSeconds = Double(user + kernel) / ticksPerSecond
        residentBytes = residentPages * pageBytes
        self.virtualBytes = virtualBytes
        self.threads = threads
        startSeconds = bootSeconds + Double(start) / ticksPerSecond
    }

    /// Those of this process; nil where there is no `/proc`.
    static func current() -> ProcessStatistics? {
        guard let stat = text(of: "/proc/self/stat"), let system = text(of: "/proc/stat") else { return nil }
        let boot = system.split(separator: "\n").first { $0.hasPrefix("btime ") }?.split(separator: " ").last
        return boot.flatMap { Double($0) }.flatMap { boot in
            ProcessStatistics(
                stat: stat,
                bootSeconds: boot,
                ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
                pageBytes: sysconf(Int32(_SC_PAGESIZE))
            )
        }
    }

    private static func text(of path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}

extension MetricsRegistry {
    /// Shows what the kernel knows of this process.
    public func collectProcess() {
        collect { collection in
            if let process = ProcessStatistics.current() {
                collection.add(.processCPU, process.cpuSeconds)
                collection.add(.processResident, process.residentBytes)
                collection.add(.processVirtual, process.virtualBytes)
                collection.add(.processThreads, process.threads)
                collection.add(.processStart, process.startSeconds)
            }
            if let open = openFileCount() { collection.add(.processOpenFiles, open) }
            var limit = rlimit()
            if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
                collection.add(.processMaximumFiles, Double(limit.rlim_cur))
            }
        }
    }
}

/// Since Linux 6.2 the folder's size is how many files are in it; before, it is 0, and they have to be counted.
func openFileCount() -> Int? {
    var folder = stat()
    guard stat("/proc/self/fd", &folder) == 0 else { return nil }
    if folder.st_size > 0 { return Int(folder.st_size) }
    // The one that the folder is read with is among them.
    return (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count).map { $0 - 1 }
}

extension MetricFamily {
    static let processCPU = counter("process_cpu_seconds_total", "CPU time of all threads.")
    static let processResident = gauge("process_resident_memory_bytes", "Memory that is in RAM.")
    static let processVirtual = gauge("process_virtual_memory_bytes", "Memory that is mapped.")
    static let processThreads = gauge("process_threads", "Threads.")
    static let processStart = gauge("process_start_time_seconds", "When the process started, since 1970.")
    static let processOpenFiles = gauge("process_open_fds", "Open file descriptors.")
    static let processMaximumFiles = gauge("process_max_fds", "The most open file descriptors that are allowed.")

    /// What ``MetricsRegistry/collectProcess()`` shows.
    public static let process = [
        processCPU, processResident, processVirtual, processThreads, processStart, processOpenFiles,
        processMaximumFiles,
    ]
}
