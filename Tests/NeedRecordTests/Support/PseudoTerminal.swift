import Foundation
import Glibc
import TestSupport

/// A terminal at which a test is the person.
final class PseudoTerminal: Sendable {
    private let descriptor: Int32
    /// What a program opens to read what the person types.
    let path: String

    init() throws {
        descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        // TIOCSPTLCK and TIOCGPTN of ioctl_tty(2), which are what unlockpt(3) and ptsname(3) do.
        var isLocked: CInt = 0
        var number: CInt = 0
        guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &isLocked) == 0,
            ioctl(descriptor, 0x8004_5430, &number) == 0
        else { throw TestFailure("no terminal: \(String(cString: strerror(errno)))") }
        path = "/dev/pts/\(number)"
    }

    deinit {
        close(descriptor)
    }

    /// Types a line.
    func type(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(descriptor, bytes, bytes.count)
    }
}
