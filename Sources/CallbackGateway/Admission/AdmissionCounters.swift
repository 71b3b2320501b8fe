/// What became of the admission of callbacks since a gateway started. All are 0 while nothing is demanded.
public struct AdmissionCounters: Sendable, Equatable {
    /// Callbacks that were refused, by reason.
    public var refused: [RefusalReason: Int] = [:]
    /// Callbacks with a signature that is right.
    public var verified = 0
    /// Those of them that were signed with another key than the first of their domain: while it grows, the old key is in
    /// use.
    public var verifiedByOtherKey = 0
    /// Callbacks without a signature that were let through because their domain's is optional.
    public var unsigned = 0
    /// Connections that a named proxy did not begin with a header of the PROXY protocol.
    public var malformedProxyHeaders = 0
    /// Signatures that were forgotten for want of memory before their time was over.
    public var forgottenSignatures = 0
    /// How often other demands took the place of the former ones.
    public var replacements = 0
    /// How often other demands could not be taken, because something was wrong with them.
    public var failedReplacements = 0

    /// Nothing counted yet.
    public init() {}
}
