internal import NIOCore

/// A timer of one event loop that can be set again and again without allocating.
final class LoopTimer: NIOScheduledCallbackHandler {
    private let eventLoop: any EventLoop
    private let action: () -> Void
    private var callback: NIOScheduledCallback?
    private var deadline = NIODeadline.distantFuture

    init(eventLoop: any EventLoop, action: @escaping () -> Void) {
        self.eventLoop = eventLoop
        self.action = action
    }

    /// Runs the action at `deadline`, unless it will run earlier anyway.
    func set(_ deadline: NIODeadline) {
        guard deadline < self.deadline else { return }
        cancel()
        // Fails only on loops that have no timers at all.
        callback = try? eventLoop.assumeIsolated().scheduleCallback(at: deadline, handler: self)
        self.deadline = deadline
    }

    func cancel() {
        callback?.cancel()
        callback = nil
        deadline = .distantFuture
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        callback = nil
        deadline = .distantFuture
        action()
    }
}
