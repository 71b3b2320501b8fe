internal import DecisionCore

/// The parameters of one callback, gathered from its query and its body, in whatever order they came.
struct ParameterSet<Name: ParameterName> {
    /// What was given for a parameter.
    enum Value: Equatable {
        case text(String)
        case malformed(BadCallback.Code)

        static func == (left: Value, right: Value) -> Bool {
            switch (left, right) {
            // Names are bytes to the platform: canonically equivalent Unicode spellings are different streams.
            case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
            case (.malformed(let left), .malformed(let right)): left == right
            default: false
            }
        }
    }

    private var values: [Name: Value] = [:]

    /// What was given for a parameter; nil when nothing was.
    subscript(name: Name) -> Value? { values[name] }

    /// Takes a parameter that was given, perhaps again.
    mutating func set(_ name: Name, _ value: Value) {
        guard let earlier = values[name] else {
            values[name] = value
            return
        }
        // Said twice is fine; two different answers to the same question are not for us to choose from.
        if earlier != value { values[name] = .malformed(.contradictory) }
    }
}

// MARK: - What must be right

extension ParameterSet {
    /// A text that must be there: at least a byte, and no control characters.
    ///
    /// - Parameter maximumLength: The most bytes.
    /// - Throws: ``BadCallback`` that names the parameter.
    func text(_ name: Name, maximumLength: Int = NamePattern.maximumLength) throws(BadCallback) -> String {
        guard let text = try given(name) else { throw fault(.missing, name, "is missing") }
        guard !text.isEmpty else { throw fault(.empty, name, "is empty") }
        guard text.utf8.count <= maximumLength else {
            throw fault(.tooLong, name, "is longer than \(maximumLength) bytes")
        }
        guard !text.hasControlCharacter else { throw fault(.controlCharacter, name) }
        return text
    }

    /// As ``text(_:maximumLength:)``, or nil when none was given that is right.
    func optionalText(_ name: Name) -> String? {
        try? text(name)
    }

    /// A text that somebody else than the platform has written, with its control characters replaced, and cut; nil when
    /// nothing was given, or nothing that can be read. It must not keep a callback from being understood.
    func foreignText(_ name: Name, maximumLength: Int) -> String? {
        guard case .text(let text) = self[name], !text.isEmpty else { return nil }
        return text.replacingControlCharacters.cut(to: maximumLength)
    }

    /// A whole number that must be there, in digits.
    ///
    /// - Throws: ``BadCallback`` that names the parameter.
    func wholeNumber(_ name: Name, in range: ClosedRange<Int64>) throws(BadCallback) -> Int64 {
        let demand = "is not a whole number from \(range.lowerBound) to \(range.upperBound)"
        let digits = try text(name)
        guard digits.isWholeNumber else { throw fault(.wrongType, name, demand) }
        guard let number = Int64(digits), range.contains(number) else { throw fault(.outOfRange, name, demand) }
        return number
    }

    /// As ``wholeNumber(_:in:)``, or nil when none was given that is right.
    func optionalWholeNumber(_ name: Name, in range: ClosedRange<Int64>) -> Int64? {
        try? wholeNumber(name, in: range)
    }

    /// Whether there is a value, right or wrong; an empty text is none.
    func isGiven(_ name: Name) -> Bool {
        switch values[name] {
        case nil: false
        case .text(let text): !text.isEmpty
        case .malformed: true
        }
    }

    /// An error that names a parameter.
    func fault(_ code: BadCallback.Code, _ name: Name, _ problem: String) -> BadCallback {
        BadCallback(code, field: name.field, "the parameter \(name.field) \(problem)")
    }

    private func given(_ name: Name) throws(BadCallback) -> String? {
        switch values[name] {
        case nil: return nil
        case .text(let text): return text
        case .malformed(let code): throw fault(code, name)
        }
    }

    private func fault(_ code: BadCallback.Code, _ name: Name) -> BadCallback {
        switch code {
        case .invalidEncoding: fault(code, name, "is not percent-encoded UTF-8")
        case .controlCharacter: fault(code, name, "holds a control character")
        case .contradictory: fault(code, name, "is given twice with different values")
        default: fault(code, name, name.takesNumber ? "is not a number" : "is not a string")
        }
    }
}

extension String {
    /// Whether it holds a control character, which no name, address or path has a use for.
    var hasControlCharacter: Bool {
        unicodeScalars.contains(where: \.isControl)
    }

    /// The text with U+FFFD for each control character.
    var replacingControlCharacters: String {
        guard hasControlCharacter else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.isControl ? "\u{FFFD}" : $0 }
            )
        )
    }

    /// The beginning of the text, of whole Unicode scalars and of so many bytes at most.
    func cut(to maximumLength: Int) -> String {
        guard utf8.count > maximumLength else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: maximumLength)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(unicodeScalars[..<end])
    }

    /// Whether it is digits, after a minus sign perhaps.
    fileprivate var isWholeNumber: Bool {
        // Int64's own reader would take a leading plus sign, which in a query is an encoded space.
        let digits = utf8.first == UInt8(ascii: "-") ? utf8.dropFirst() : utf8[...]
        return !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

extension Unicode.Scalar {
    /// Whether its general category is Cc, which Unicode has settled for good.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
