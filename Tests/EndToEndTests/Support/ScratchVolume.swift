import Foundation
import Glibc
import TestSupport

/// A file system of its own, which can be full and can fail without harm to any other. It takes root.
struct ScratchVolume {
    /// Whether this process may mount anything.
    static var isPermitted: Bool { geteuid() == 0 }

    /// Where it is mounted.
    let path: String

    private let image: String
    private var ballast: String { path + "/ballast" }

    /// Runs `body` with an empty volume of 16 MiB, which is gone afterwards.
    static func with(_ body: (ScratchVolume) async throws -> Void) async throws {
        let directory = TemporaryDirectory()
        let volume = ScratchVolume(path: directory.path + "/volume", image: directory.path + "/image")
        try FileManager.default.createDirectory(atPath: volume.path, withIntermediateDirectories: true)
        try await run("truncate", "--size=16M", volume.image)
        // What is reserved for root is for this process too, and would not be full.
        try await run("mkfs.ext4", "-q", "-m", "0", volume.image)
        try await volume.mount()
        do {
            try await body(volume)
        } catch {
            // Not in this task, which may be cancelled, and whoever has a file open there may not be gone yet.
            await Task { _ = try? await run("umount", "--lazy", volume.path) }.value
            throw error
        }
        try await volume.unmount()
    }

    /// Leaves no byte free, for a moment at least: others may free some, and take them again.
    func fill() async throws {
        try await eventually("a full disk") {
            // It ends with an error, when there is no more room.
            _ = try await ChildProcess.run(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", #"cat /dev/zero >> "$0"; sync -f "$0""#, ballast]
            )
            return try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? Int == 0
        }
    }

    /// Gives free what ``fill()`` has taken.
    func empty() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    /// From now on it can only be read, as after a fault of the disk below.
    func fail() async throws {
        try await triggerFault()
        try expectFailed()
    }

    /// Nobody's write ends while `body` runs.
    func hang<Value>(while body: () async throws -> Value) async throws -> Value {
        try await Self.run("fsfreeze", "--freeze", path)
        do {
            let value = try await body()
            try await Self.run("fsfreeze", "--unfreeze", path)
            return value
        } catch {
            // Not in this task, which may be cancelled.
            await Task { _ = try? await Self.run("fsfreeze", "--unfreeze", path) }.value
            throw error
        }
    }

    /// Nobody's write ends while `body` runs, and then all of them fail.
    func hangAndFail(while body: () async throws -> Void) async throws {
        try await hang {
            try await body()
            try await triggerFault()
        }
        try expectFailed()
    }

    private func triggerFault() async throws {
        let device = try await Self.run("findmnt", "--noheadings", "--output", "SOURCE", path)
        let name = device.split(separator: "/").last?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        try Data("a fault of a test\n".utf8).write(to: URL(fileURLWithPath: "/sys/fs/ext4/\(name)/trigger_fs_error"))
    }

    private func expectFailed() throws {
        guard Glibc.mkdir(path + "/probe", 0o700) != 0, errno == EROFS else {
            throw TestFailure("\(path) can still be written to")
        }
    }

    /// Checks it after ``fail()``, as an administrator would; nobody may have a file of it open.
    func mend() async throws {
        try await unmount()
        // 1: faults were found and mended.
        try await Self.run("e2fsck", "-p", image, successes: 0...1)
        try await mount()
    }

    private func mount() async throws {
        try await Self.run("mount", "-o", "loop,errors=remount-ro", image, path)
    }

    private func unmount() async throws {
        try await Self.run("umount", path)
    }

    @discardableResult
    private static func run(_ arguments: String..., successes: ClosedRange<Int32> = 0...0) async throws -> String {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"
        let output = try await ChildProcess.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            arguments,
            environment: ["PATH": path]
        )
        guard successes.contains(output.status) else { throw TestFailure("\(arguments): \(output.text)") }
        return output.text
    }
}
