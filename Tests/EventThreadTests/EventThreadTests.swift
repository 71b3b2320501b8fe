import EventThread
import Glibc
import NIOConcurrencyHelpers
import Testing

@Suite struct EventThreadTests {
    /// An actor on an event thread that can say where its jobs run.
    private actor Pinned {
        nonisolated let thread: EventThread

        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

        init(_ thread: EventThread) { self.thread = thread }

        func threadName() -> String { currentThreadName() }

        func run(_ body: @Sendable () -> Void) { body() }
    }

    /// Counts its services, and wants what it is told to want.
    private final class Source: EventSource {
        let interest = NIOLockedValueBox(EventInterest.none)
        let serviceCount = NIOLockedValueBox(0)
        let onService: @Sendable () -> Void

        init(onService: @escaping @Sendable () -> Void = {}) { self.onService = onService }

        func service() -> EventInterest {
            serviceCount.withLockedValue { $0 += 1 }
            onService()
            return interest.withLockedValue { $0 }
        }
    }

    @Test func `Jobs run on the named thread`() async throws {
        let actor = Pinned(try EventThread(name: "needle"))
        #expect(await actor.threadName() == "needle")
        #expect(await actor.threadName() == "needle")
    }

    @Test func `Isolation is known on the thread and nowhere else`() async throws {
        let thread = try EventThread(name: "isolation")
        #expect(thread.isIsolatingCurrentContext() == false)
        let actor = Pinned(thread)
        let onThread = NIOLockedValueBox(false)
        await actor.run { onThread.withLockedValue { $0 = thread.isIsolatingCurrentContext() == true } }
        #expect(onThread.withLockedValue { $0 })
    }

    @Test func `Jobs from many tasks run one at a time and none is lost`() async throws {
        let actor = Pinned(try EventThread(name: "serial"))
        let inside = NIOLockedValueBox((now: 0, most: 0, total: 0))
        await withTaskGroup { group in
            for _ in 0..<1_000 {
                group.addTask {
                    await actor.run {
                        inside.withLockedValue {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                            $0.total += 1
                        }
                        inside.withLockedValue { $0.now -= 1 }
                    }
                }
            }
        }
        let (_, most, total) = inside.withLockedValue { $0 }
        #expect(most == 1)
        #expect(total == 1_000)
    }

    @Test func `A task that prefers the thread runs there, before and after it calls an actor on it`() async throws {
        let thread = try EventThread(name: "preferred")
        let actor = Pinned(thread)
        let names = await withTaskExecutorPreference(thread.makeTaskExecutor()) {
            await actor.run {}
            return [currentThreadName(), await actor.threadName(), currentThreadName()]
        }
        #expect(names == ["preferred", "preferred", "preferred"])
        #expect(currentThreadName() != "preferred")
    }

    @Test func `Tasks that prefer the thread and jobs of its actors run one at a time`() async throws {
        let thread = try EventThread(name: "both")
        let actor = Pinned(thread)
        let executor = thread.makeTaskExecutor()
        let inside = NIOLockedValueBox((now: 0, most: 0, total: 0))
        let visit = { @Sendable in
            inside.withLockedValue {
                $0.now += 1
                $0.most = max($0.most, $0.now)
                $0.total += 1
            }
            sched_yield()
            inside.withLockedValue { $0.now -= 1 }
        }
        await withTaskGroup { group in
            for _ in 0..<500 {
                group.addTask { await actor.run(visit) }
                group.addTask(executorPreference: executor) {
                    visit()
                    await actor.run(visit)
                    visit()
                }
            }
        }
        let (_, most, total) = inside.withLockedValue { $0 }
        #expect(most == 1)
        #expect(total == 2_000)
    }

    @Test func `What wakes a task that prefers the thread wakes it there`() async throws {
        let thread = try EventThread(name: "woken")
        let (numbers, number) = AsyncStream<Int>.makeStream()
        let (receipts, receipt) = AsyncStream<Void>.makeStream()
        async let names = withTaskExecutorPreference(thread.makeTaskExecutor()) {
            var names: [String] = []
            for await _ in numbers {
                names.append(currentThreadName())
                receipt.yield()
            }
            return names
        }
        var received = receipts.makeAsyncIterator()
        for next in 0..<100 {
            number.yield(next)
            await received.next()
        }
        number.finish()
        #expect(await names == Array(repeating: "woken", count: 100))
    }

    @Test func `A task that prefers the thread keeps it`() async throws {
        let name = "kept-\(getpid())"
        try await withTaskExecutorPreference(EventThread(name: name).makeTaskExecutor()) {
            for _ in 0..<10 {
                await Task.yield()
                #expect(currentThreadName() == name)
            }
        }
        try await eventually { !threadNames().contains(name) }
    }

    @Test func `A source is serviced when attached and after each wake`() async throws {
        let thread = try EventThread(name: "wake")
        let source = Source()
        thread.attach(source)
        try await eventually { source.serviceCount.withLockedValue { $0 } >= 1 }
        let before = source.serviceCount.withLockedValue { $0 }
        thread.wake()
        try await eventually { source.serviceCount.withLockedValue { $0 } > before }
    }

    @Test func `Wakes while the thread is busy become one service`() async throws {
        let thread = try EventThread(name: "batch")
        let actor = Pinned(thread)
        let source = Source()
        thread.attach(source)
        try await eventually { source.serviceCount.withLockedValue { $0 } >= 1 }
        await actor.run {
            source.serviceCount.withLockedValue { $0 = 0 }
            for _ in 0..<1_000 { thread.wake() }
        }
        try await eventually { source.serviceCount.withLockedValue { $0 } >= 1 }
        // One for the turn of the job itself and one for all wakes, whichever turn they fall in; a job more to be sure
        // that the turns are over.
        await actor.run {}
        #expect(source.serviceCount.withLockedValue { $0 } <= 3)
    }

    @Test func `A readable socket gets its source serviced`() async throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let thread = try EventThread(name: "socket")
        let received = NIOLockedValueBox<[UInt8]>([])
        let descriptor = ends[0]
        let source = Source {
            var buffer = [UInt8](repeating: 0, count: 16)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { received.withLockedValue { $0 += buffer[..<count] } }
        }
        source.interest.withLockedValue { $0 = EventInterest(descriptor: descriptor, readable: true) }
        thread.attach(source)
        #expect(send(ends[1], [1, 2, 3] as [UInt8], 3, 0) == 3)
        try await eventually { received.withLockedValue { $0 } == [1, 2, 3] }
        // The thread keeps it weakly.
        withExtendedLifetime(source) {}
    }

    @Test func `A wait ends at its time limit`() async throws {
        let thread = try EventThread(name: "limit")
        let source = Source()
        source.interest.withLockedValue { $0 = EventInterest(timeoutMilliseconds: 5) }
        thread.attach(source)
        try await eventually { source.serviceCount.withLockedValue { $0 } >= 5 }
    }

    @Test func `The thread ends when its executor is released`() async throws {
        let name = "ends-\(getpid())"
        do {
            let actor = Pinned(try EventThread(name: name))
            #expect(await actor.threadName() == name)
            #expect(threadNames().contains(name))
        }
        try await eventually { !threadNames().contains(name) }
    }

    @Test func `A source that is gone is not serviced`() async throws {
        let thread = try EventThread(name: "gone")
        weak var weakSource: Source?
        do {
            let source = Source()
            weakSource = source
            thread.attach(source)
            try await eventually { source.serviceCount.withLockedValue { $0 } >= 1 }
        }
        try await eventually { weakSource == nil }
        let actor = Pinned(thread)
        #expect(await actor.threadName() == "gone")
    }
}

private func currentThreadName() -> String {
    threadName(at: "thread-self") ?? ""
}

/// The names of this process's threads.
private func threadNames() -> [String] {
    guard let directory = opendir("/proc/self/task") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let id = withUnsafeBytes(of: entry.pointee.d_name) { name in
            String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        if id.first != ".", let name = threadName(at: "self/task/\(id)") { names.append(name) }
    }
    return names
}

private func threadName(at path: String) -> String? {
    guard let file = fopen("/proc/\(path)/comm", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}
