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

extension FileDescriptor {
    /// Reads until the end, or until there are more than enough bytes.
    fileprivate func readAll(upTo limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let part = try [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }
}
