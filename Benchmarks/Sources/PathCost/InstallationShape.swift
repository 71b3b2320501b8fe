import Measuring

/// What an installation of the product is made of.
struct InstallationShape {
    var name = "needrecord"
    var gateways = 1
    var workers = 1
    /// Many rules, of which every stream of the load has one of its own; nil for one rule about all streams.
    var rules: RuleCount?

    /// Tells what it has in the servers and on the disk from that of the others.
    var key: String { name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) } }
}
