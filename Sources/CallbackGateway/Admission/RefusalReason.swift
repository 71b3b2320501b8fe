/// Why a callback is not admitted. The text is the `code` of the JSON error, and ends the name of a counter.
public enum RefusalReason: String, Sendable, CaseIterable {
    /// It comes from an address that is in none of the networks, or from one that nobody knows.
    case networkNotAllowed = "network_not_allowed"
    /// Its path ends without the secret.
    case secretMissing = "secret_missing"
    /// Its path ends with something else than the secret.
    case secretInvalid = "secret_invalid"
    /// It is about a domain for which nothing is set.
    case domainNotListed = "domain_not_listed"
    /// It has no signature, or no time to go with it.
    case signatureMissing = "signature_missing"
    /// Its signature is no MD5 in hexadecimal digits, or its time no number of seconds.
    case signatureMalformed = "signature_malformed"
    /// None of the domain's keys makes its signature.
    case signatureInvalid = "signature_invalid"
    /// The time that was signed is too far from now.
    case timestampOutOfTolerance = "timestamp_out_of_tolerance"
    /// Its signature was first used too long ago for this to be one of the platform's retries.
    case signatureReplayed = "signature_replayed"
}
