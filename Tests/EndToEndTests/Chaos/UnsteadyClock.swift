import Foundation
import TestSupport

/// The civil clock of a process, to be put forward and back while it runs; its monotonic clocks are not touched.
struct UnsteadyClock: Sendable {
    private let file: String
    /// What a process must have in its environment.
    let environment: [String: String]

    /// Makes one that shows the machine's time.
    ///
    /// - Parameters:
    ///   - library: As from ``build(in:)``.
    ///   - file: A path of its own.
    init(library: String, file: String) throws {
        self.file = file
        environment = ["LD_PRELOAD": library, "UNSTEADY_CLOCK_FILE": file]
        try Data(count: MemoryLayout<Int64>.size).write(to: URL(fileURLWithPath: file))
    }

    /// Steps the clock to this many seconds ahead of the machine's, or behind it.
    func set(_ seconds: Int64) throws {
        guard let file = FileHandle(forWritingAtPath: file) else { throw TestFailure("\(file) cannot be written") }
        try file.write(contentsOf: withUnsafeBytes(of: seconds) { Data($0) })
        try file.close()
    }

    /// Compiles what puts itself before the C library's clocks.
    ///
    /// - Returns: The library's path.
    static func build(in directory: String) async throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try await PreloadedLibrary.build(folder.appendingPathComponent("unsteady-clock.c"), in: directory)
    }
}
