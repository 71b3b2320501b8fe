import Glibc

/// What this machine is.
package enum Machine {
    /// Such as "2 cores (AMD EPYC-Milan Processor), 24 GiB, Linux 6.1.0".
    package static var description: String {
        "\(cores) cores (\(model)), \(memory) GiB, Linux \(kernel)"
    }

    private static var cores: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    private static var memory: Int {
        let bytes = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return (bytes + (1 << 29)) >> 30
    }

    private static var model: String {
        let lines = (Text.read("/proc/cpuinfo") ?? "").split(separator: "\n")
        let line = lines.first { $0.hasPrefix("model name") } ?? ""
        return line.split(separator: ":").last.map { $0.drop { $0 == " " } }.map(String.init) ?? "unknown"
    }

    private static var kernel: String {
        (Text.read("/proc/sys/kernel/osrelease") ?? "").split(separator: "\n").first.map(String.init) ?? "unknown"
    }
}
