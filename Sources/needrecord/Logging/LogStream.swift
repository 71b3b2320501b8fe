import Dispatch
import Foundation
import Logging
import NIOConcurrencyHelpers

/// Takes lines of the log and writes them on a thread of its own, so that a reader who is slow, or has stopped, holds up
/// nobody.
///
/// Lines that there is no room for, or that cannot be written, are dropped. How many is said in their place, unless that
/// is the end. What a process logs in the last moment before it crashes may be lost.
final class LogStream: TextOutputStream, Sendable {
    private struct State {
        var format = LogFormat.text
        var waiting: [UInt8] = []
        /// Since the last line that was written.
        var droppedLines = 0
        /// Since the start.
        var allDroppedLines = 0
        /// Whether the thread has been told that something waits, and has not seen yet that nothing does.
        var isBusy = false
    }

    private let descriptor: Int32
    private let maximumBytes: Int
    private let state = NIOLockedValueBox(State())
    private let work = DispatchSemaphore(value: 0)

    /// The one that the log of this process goes to. Standard output is for results.
    static let standardError = LogStream(descriptor: STDERR_FILENO)

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

    /// How many lines were dropped since the start.
    var droppedLineCount: Int { state.withLockedValue { $0.allDroppedLines } }

    /// How lines look that say how many are left out.
    var format: LogFormat {
        get { state.withLockedValue { $0.format } }
        set { state.withLockedValue { $0.format = newValue } }
    }

    /// Takes a line, with its end; never blocks.
    func write(_ line: String) {
        let isNews = state.withLockedValue { state in
            if state.droppedLines > 0 || state.waiting.count + line.utf8.count > maximumBytes {
                state.droppedLines += 1
                state.allDroppedLines += 1
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
            while let (text, lines) = take() {
                let rest = write(text)
                guard !rest.isEmpty else { continue }
                // With the next line it is tried again.
                let lost = lines == nil ? rest.count(where: { $0 == UInt8(ascii: "\n") }) : 0
                state.withLockedValue { state in
                    state.droppedLines += lines ?? lost
                    state.allDroppedLines += lost
                    state.isBusy = false
                }
                break
            }
        }
    }

    /// What is to be written next; what was dropped came after what waits.
    ///
    /// - Returns: The text, and how many dropped lines it tells of; nil when it is lines.
    private func take() -> (text: [UInt8], droppedLines: Int?)? {
        state.withLockedValue { state in
            if !state.waiting.isEmpty {
                var text: [UInt8] = []
                swap(&text, &state.waiting)
                return (text, nil)
            }
            guard state.droppedLines > 0 else {
                state.isBusy = false
                return nil
            }
            let count = state.droppedLines
            state.droppedLines = 0
            let notice = "\(count) lines are left out here, which could not be written in time"
            return (Array(state.format.line(notice, level: .warning).utf8), count)
        }
    }

    /// - Returns: What cannot be written.
    private func write(_ text: [UInt8]) -> ArraySlice<UInt8> {
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
                // Nobody reads it any more, or the disk is full.
                break
            }
        }
        return rest
    }
}
