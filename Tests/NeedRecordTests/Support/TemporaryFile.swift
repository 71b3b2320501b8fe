import Foundation

/// Runs `body` with the path of a file that is there only meanwhile.
func withFile<Value>(
    _ text: String,
    suffix: String,
    _ body: (_ path: String) async throws -> Value
) async throws -> Value {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("needrecord-\(UUID().uuidString)\(suffix)")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}
