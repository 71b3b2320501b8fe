internal import Yams

extension AdmissionPolicy {
    /// The longest file in bytes.
    public static let maximumFileLength = 1_048_576

    /// Reads the text of a file of keys, secrets and networks. JSON is YAML.
    ///
    /// - Parameter bytes: UTF-8, at most ``maximumFileLength`` bytes.
    /// - Throws: ``AdmissionFileError`` with everything that is wrong in it.
    public init(yaml bytes: [UInt8]) throws(AdmissionFileError) {
        self.init()
        guard let root = try Self.root(of: bytes) else {
            throw AdmissionFileError([.init(line: 1, message: "the file is empty; {} demands nothing")])
        }
        var reader = AdmissionFileReader()
        self = reader.policy(root)
        guard reader.problems.isEmpty else { throw AdmissionFileError(reader.problems) }
    }

    private static func root(of bytes: [UInt8]) throws(AdmissionFileError) -> Node? {
        guard bytes.count <= maximumFileLength else {
            throw AdmissionFileError([.init(line: 1, message: "the file has more than \(maximumFileLength) bytes")])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AdmissionFileError([.init(line: 1, message: "the file is not UTF-8")])
        }
        do {
            // Without rules for what looks like a number: a key may be all digits.
            return try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            throw AdmissionFileError([problem(of: error)])
        } catch {
            throw AdmissionFileError([.init(line: 1, message: "this is no YAML")])
        }
    }

    /// The parser's own text quotes the line at fault, and it may hold a secret.
    private static func problem(of error: YamlError) -> AdmissionFileError.Problem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let isAlias = problem.contains("alias") || context?.text.contains("alias") == true
            let hint = isAlias ? #"; the star for all other domains must be in quotes: "*""# : ""
            return .init(line: mark.line, message: "this is no YAML\(hint)")
        case .duplicatedKeysInMapping(_, let context):
            return .init(line: context.mark.line, message: "a key is there twice")
        default:
            return .init(line: 1, message: "this is no YAML")
        }
    }
}
