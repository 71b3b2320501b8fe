import CallbackGateway
import SystemPackage

/// The file of keys, secrets and networks (`auth.file`).
struct AdmissionFile: Sendable {
    let path: String

    /// Why the file cannot be used; the text has none of its values.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// Reads it.
    func bytes() throws(Fault) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            return try file.closeAfter { try file.readAll(upTo: AdmissionPolicy.maximumFileLength + 1) }
        } catch {
            throw Fault(description: "\(path): \(error)")
        }
    }

    /// What is demanded by a file of these bytes.
    func policy(of bytes: [UInt8]) throws(Fault) -> AdmissionPolicy {
        do {
            return try AdmissionPolicy(yaml: bytes)
        } catch {
            throw Fault(description: "\(path): \(error)")
        }
    }
}
