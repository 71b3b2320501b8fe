import CallbackGateway
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import SystemPackage

/// The files with the gateway's certificate and key (`http.tlsCertificateFile`, `http.tlsKeyFile`).
struct TLSFiles: Sendable, Equatable {
    /// What the files hold.
    struct Content: Sendable, Equatable {
        var certificate: [UInt8]
        var key: [UInt8]
    }

    /// Some authorities' chains are long.
    private static let maximumLength = 1_048_576

    let certificate: String
    let key: String

    /// Reads both.
    ///
    /// - Throws: ``TLSFault`` with the name of the one that cannot be read.
    func content() throws(TLSFault) -> Content {
        Content(certificate: try Self.bytes(of: certificate), key: try Self.bytes(of: key))
    }

    private static func bytes(of path: String) throws(TLSFault) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            return try file.closeAfter { try file.readAll(upTo: maximumLength) }
        } catch {
            throw TLSFault(description: "\(path): \(error)")
        }
    }
}

/// Why the certificate cannot be used; the text has nothing of the key.
struct TLSFault: Error, Equatable, CustomStringConvertible {
    let description: String
}

/// The certificate that the gateway shows, read again when its files change.
struct TLSReload: Sendable {
    let files: TLSFiles
    let identity: TLSIdentity
    /// What was read last; a fault is told once.
    private let last: NIOLockedValueBox<Result<TLSFiles.Content, TLSFault>>

    /// Reads the files for the first time.
    ///
    /// - Throws: ``TLSFault`` when they cannot be used.
    init(_ files: TLSFiles) throws(TLSFault) {
        let content = try files.content()
        do {
            identity = try TLSIdentity(certificate: content.certificate, key: content.key)
        } catch {
            throw TLSFault(description: "\(files.certificate), \(files.key): \(error)")
        }
        self.files = files
        last = NIOLockedValueBox(.success(content))
    }

    /// Reads them again. Of two files one may be exchanged before the other: what cannot be used changes nothing.
    func read(_ logger: Logger) async {
        let files = files
        // A disk may hang, and must not take a thread of the gateway's with it.
        let read = try? await NIOThreadPool.singleton.runIfActive { () -> Result<TLSFiles.Content, TLSFault> in
            do throws(TLSFault) { return .success(try files.content()) } catch { return .failure(error) }
        }
        guard let read, last.withLockedValue({ $0 != read }) else { return }
        last.withLockedValue { $0 = read }
        do {
            let content = try read.get()
            try identity.replace(certificate: content.certificate, key: content.key)
            logger.notice("took another certificate", metadata: ["file": "\(files.certificate)"])
        } catch {
            logger.error("the certificate cannot be used; the former one goes on", metadata: ["fault": "\(error)"])
        }
    }
}
