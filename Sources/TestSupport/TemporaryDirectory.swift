import Foundation

/// The path of a directory that nothing else uses, and that is gone, if it was ever made, with the last reference.
public final class TemporaryDirectory: Sendable {
    /// The path; nothing is there at first.
    public let path: String

    /// A path that is not in use.
    public init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("needrecord-\(UUID().uuidString)").path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
