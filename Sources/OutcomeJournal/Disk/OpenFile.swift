internal import Glibc

/// A file descriptor that is closed with its last reference.
final class OpenFile: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        // What close(2) may have to say, fdatasync(2) has said before where it matters.
        _ = close(descriptor)
    }
}
