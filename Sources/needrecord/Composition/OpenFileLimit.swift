import Glibc

/// How many files and sockets the process may have open.
enum OpenFileLimit {
    /// Raises the limit to what the process may give itself.
    ///
    /// A login shell and many containers begin with 1,024, which a gateway needs for connections alone; the lower limit
    /// is for programs that use `select(2)`, which has no room for more.
    ///
    /// - Returns: The limit that holds now.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        let isRaised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return Int(clamping: isRaised ? limit.rlim_cur : soft)
    }

    /// How many connections of callers there is room for.
    ///
    /// A process must not run out of descriptors: its server tries to accept the next connection again and again, and
    /// libdispatch, which now and then reads from `/proc` what its threads do, ends the process where it cannot (Swift
    /// 6.3). So what else there is, such as the journal, broker, database, logs and whoever asks for the status, has its
    /// own.
    ///
    /// - Returns: `wanted` or less, and at least 1; nil when there is not even room for the rest.
    static func connections(_ wanted: Int, of openFiles: Int) -> Int? {
        openFiles > reserve ? min(wanted, openFiles - reserve) : nil
    }

    /// What is kept for everything but the connections of callers.
    static let reserve = 128
}
