import Dispatch
import Foundation
import NIOConcurrencyHelpers

/// Takes lines of the log and writes them on a thread of its own, so that a reader who is slow, or has stopped, holds up
/// nobody.
///
/// Lines that there is no room for are dropped. How many is said in their place.
final class LogStream: TextOutputStream, Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var droppedLines = 0
        /// Whether the thread has been told that something waits, and has not seen yet that nothing does.
        var isBusy = false
    }

    private let descriptor: Int32
    private let maximumBytes: Int
    private let state = NIOLockedValueBox(State())
    private let work = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - descriptor: Where to write; it stays open as long as the stream is used.
    ///   - maximumBytes: How much may wait besides what is being written.
    init(descriptor: Int32, maximumBytes: Int = 1 << 20) {
        self.descriptor = descriptor
        self.maximumBytes = maximumBytes
        let thread = Thread { [self] in run() }
        thread.name = "log"
        thread.start()
    }

    /// Takes a line, with its end; never blocks.
    func write(_ line: String) {
        let isNews = state.withLockedValue { state in
            if state.droppedLines > 0 || state.waiting.count + line.utf8.count > maximumBytes {
                state.droppedLines += 1
            } else {
                state.waiting += line.utf8
            }
            defer { state.isBusy = true }
            return !state.isBusy
        }
        if isNews { work.signal() }
    }

    /// Waits until everything is written, or the time is over.
    func flush(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        while state.withLockedValue({ $0.isBusy }), ContinuousClock.now < deadline { usleep(1_000) }
    }

    private func run() {
        while true {
            work.wait()
            while let text = take() { write(text) }
        }
    }

    private func take() -> [UInt8]? {
        state.withLockedValue { state in
            guard !state.waiting.isEmpty || state.droppedLines > 0 else {
                state.isBusy = false
                return nil
            }
            var text: [UInt8] = []
            swap(&text, &state.waiting)
            if state.droppedLines > 0 {
                text += "needrecord: nobody read the log, \(state.droppedLines) lines are left out here\n".utf8
                state.droppedLines = 0
            }
            return text
        }
    }

    private func write(_ text: [UInt8]) {
        var rest = text[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Somebody who has the same file has made it so.
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wanted, 1, -1)
            } else if errno != EINTR {
                // Nobody reads it any more.
                return
            }
        }
    }
}
