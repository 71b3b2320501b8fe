import Glibc

/// Who runs the command, as the system knows them.
enum LoginName {
    /// The user behind `sudo`, or the user of the process; its number when it has no name.
    static var current: String {
        if let name = getenv("SUDO_USER").map({ String(cString: $0) }), !name.isEmpty { return name }
        if let entry = getpwuid(getuid()) { return String(cString: entry.pointee.pw_name) }
        return String(getuid())
    }
}
