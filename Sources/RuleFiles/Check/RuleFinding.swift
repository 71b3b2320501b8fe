/// Something that is odd about a rule, or surely wrong.
public struct RuleFinding: Sendable, Hashable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable, CaseIterable {
        /// The rule cannot do what it says.
        case error
        /// It is most likely not what its author had in mind.
        case warning
        /// Good to know.
        case info
    }

    /// What it is about.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Another rule comes first wherever this one matches.
        case unreachable
        /// Two rules of the same rank match the same streams and say different things.
        case contradiction
        /// The platform's templates have none of the rule's formats.
        case noCommonFormat = "no_common_format"
        /// The platform's templates have not all of the rule's formats.
        case formatNotInTemplate = "format_not_in_template"
        /// The schedule has no hour within the validity.
        case neverOpen = "never_open"
        /// The rule's time is over.
        case validityOver = "validity_over"
        /// The rule is for no stream at all.
        case percentageZero = "percentage_zero"
        /// The rule is switched off.
        case disabled
        /// A name looks as if something else should stand there.
        case placeholder
        /// A domain is written in two ways that differ only in upper and lower case.
        case caseDouble = "case_double"
        /// The globs fix so many different numbers of letters at several places that every decision is slow.
        case manyShapes = "many_shapes"
        /// The set has no rules.
        case emptySet = "empty_set"
        /// The database knows no such time zone.
        case unknownTimeZone = "unknown_time_zone"
        /// There is no such quota.
        case unknownQuota = "unknown_quota"

        /// How bad it is.
        public var severity: Severity {
            switch self {
            case .noCommonFormat, .neverOpen, .unknownTimeZone, .unknownQuota: .error
            case .unreachable, .contradiction, .formatNotInTemplate, .validityOver, .percentageZero, .placeholder,
                .caseDouble, .manyShapes, .emptySet:
                .warning
            case .disabled: .info
            }
        }
    }

    /// What it is about.
    public var code: Code
    /// The rule's place among the rules that were checked, from 0; nil when it is about the set.
    public var index: Int?
    /// The place of the other rule that it is about.
    public var otherIndex: Int?
    /// The finding in a sentence.
    public var message: String

    /// Describes a finding.
    public init(_ code: Code, at index: Int?, other otherIndex: Int? = nil, _ message: String) {
        self.code = code
        self.index = index
        self.otherIndex = otherIndex
        self.message = message
    }
}
