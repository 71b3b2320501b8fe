internal import NIOConcurrencyHelpers
internal import NIOSSL

/// The certificate that the gateway shows to whoever connects; another can take its place while it serves.
///
/// Nothing below TLS 1.2 is spoken. A connection keeps what it began with.
public final class TLSIdentity: Sendable {
    /// Why a certificate and its key cannot be used. Safe to log.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// The fault in words, without anything of the key.
        public let description: String
    }

    private let state: NIOLockedValueBox<NIOSSLContext>

    /// - Parameters:
    ///   - certificate: The certificate, and those that lead to an authority, in PEM.
    ///   - key: The key of the first one, not encrypted, in PEM.
    /// - Throws: ``Fault``.
    public init(certificate: [UInt8], key: [UInt8]) throws(Fault) {
        state = NIOLockedValueBox(try Self.context(certificate, key))
    }

    /// New connections are shown another certificate.
    ///
    /// - Throws: ``Fault``; then the former one goes on.
    public func replace(certificate: [UInt8], key: [UInt8]) throws(Fault) {
        let context = try Self.context(certificate, key)
        state.withLockedValue { $0 = context }
    }

    var context: NIOSSLContext { state.withLockedValue { $0 } }

    private static func context(_ certificate: [UInt8], _ key: [UInt8]) throws(Fault) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificate)
        } catch {
            throw Fault(description: "there is no certificate in PEM in the certificate's file")
        }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(bytes: key, format: .pem)
        } catch {
            throw Fault(description: "there is no unencrypted key in PEM in the key's file")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw Fault(description: "the key is not the certificate's")
        }
    }
}
