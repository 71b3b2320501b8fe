internal import Glibc

/// Whether a socket can be read or written right now.
enum SocketReadiness {
    static func isReady(_ descriptor: Int32, toRead: Bool) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(toRead ? POLLIN : POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }
}
