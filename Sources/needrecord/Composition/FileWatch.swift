import ServiceLifecycle
import UnixSignals

/// Calls something every second, and at once on SIGHUP, until the process stops: files that are set up from outside
/// are read again, so that a key or a certificate can take the place of another without a restart.
///
/// Files are read and compared, and not only looked at: a mounted secret is exchanged by a link, and an editor may keep
/// the time of a file.
struct FileWatch: Service {
    private enum Wake {
        case timer
        case signal
    }

    /// Reads what is to be read.
    let onWake: @Sendable (_ isSignal: Bool) async -> Void

    func run() async {
        await cancelWhenGracefulShutdown {
            let (wakes, waker) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(2))
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(1))) != nil { waker.yield(.timer) }
                    waker.finish()
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { waker.yield(.signal) }
                }
                for await wake in wakes { await onWake(wake == .signal) }
                group.cancelAll()
            }
        }
    }
}
