import RuleFiles
import SystemPackage

extension RuleFile {
    /// Reads a file.
    ///
    /// - Throws: ``Failure`` with everything that is wrong in it, or that it cannot be read.
    init(readingFrom path: String) throws {
        let bytes: [UInt8]
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            bytes = try file.closeAfter { try file.readAll(upTo: Self.maximumLength + 1) }
        } catch let error as Errno {
            throw Failure("\(path): \(error)")
        }
        do {
            try self.init(yaml: bytes)
        } catch {
            throw Failure("\(path) is no rule file:\n" + error.description(ofFile: path))
        }
    }
}
