import Glibc

/// The CPU time and the memory of a process on this machine.
package struct ProcessClock: Sendable {
    /// This process.
    package static var own: ProcessClock { ProcessClock(process: getpid()) }

    package let process: Int32

    package init(process: Int32) {
        self.process = process
    }

    /// User and system time so far, in microseconds; the kernel counts nanoseconds in `schedstat`.
    package var microseconds: Double {
        // Every thread of its own: the file of a process is about its first thread alone.
        Directory.entries("/proc/\(process)/task").reduce(0) { total, name in
            guard Int(name) != nil else { return total }
            return total + Self.nanoseconds(ofThread: "/proc/\(process)/task/\(name)/schedstat") / 1_000
        }
    }

    /// The resident memory, in bytes; 0 when there is no such process.
    package var residentBytes: Int {
        guard let text = Text.read("/proc/\(process)/statm") else { return 0 }
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }

    /// The processes that this one has started and that are still there.
    package var children: [ProcessClock] {
        Directory.entries("/proc").compactMap { name in
            guard let process = Int32(name), let text = Text.read("/proc/\(name)/stat"),
                // The command stands in parentheses, and may have any in it.
                let end = text.lastIndex(of: ")")
            else { return nil }
            let fields = text[end...].dropFirst().split(separator: " ")
            return fields.count > 1 && Int32(fields[1]) == self.process ? ProcessClock(process: process) : nil
        }
    }

    private static func nanoseconds(ofThread path: String) -> Double {
        Text.read(path)?.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
}

/// Names in a directory.
private enum Directory {
    static func entries(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
                }
            )
        }
        return names
    }
}

/// Small files of the kernel.
enum Text {
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = fread(&buffer, 1, buffer.count, file)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
