/// How a connection is encrypted, and who the broker has to be.
///
/// Nothing below TLS 1.2 is spoken. All files are PEM.
public struct AMQPTLS: Sendable, Equatable {
    /// Where Debian keeps the certificates of the public authorities.
    public static let systemCertificateAuthorities = "/etc/ssl/certs/ca-certificates.crt"

    /// The authorities whose certificates are trusted.
    public var caFile: String
    /// Our certificate chain, for brokers that ask for one. Needs ``keyFile``.
    public var certificateFile: String?
    /// The key of our certificate, not encrypted. Needs ``certificateFile``.
    public var keyFile: String?
    /// Whether the broker's certificate must come from a trusted authority.
    public var verifyPeer: Bool
    /// Whether the broker's certificate must carry the name that was connected to.
    public var verifyHostName: Bool

    /// Makes TLS settings; by default the broker is checked against the system's authorities.
    public init(
        caFile: String = systemCertificateAuthorities,
        certificateFile: String? = nil,
        keyFile: String? = nil,
        verifyPeer: Bool = true,
        verifyHostName: Bool = true
    ) {
        self.caFile = caFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.verifyPeer = verifyPeer
        self.verifyHostName = verifyHostName
    }
}
