import Foundation
import TestSupport

/// A library that a process of a test loads before the C library.
enum PreloadedLibrary {
    /// Compiles one. The compiler is the one that Swift brings along.
    ///
    /// - Parameters:
    ///   - source: The path of its only C file.
    ///   - directory: Where it is put.
    /// - Returns: The library's path.
    static func build(_ source: URL, in directory: String) async throws -> String {
        let library = "\(directory)/\(source.deletingPathExtension().lastPathComponent).so"
        let arguments = ["clang", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", library, source.path, "-ldl"]
        let output = try await ChildProcess.run(URL(fileURLWithPath: "/usr/bin/env"), arguments)
        guard output.status == 0 else { throw TestFailure("\(arguments): \(output.text)") }
        return library
    }
}
