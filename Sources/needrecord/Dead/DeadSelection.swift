import ArgumentParser

/// Which letters of the dead queue are meant.
struct DeadSelection: ParsableArguments {
    @Option(help: ArgumentHelp("The letter with this id, or this message id; may be repeated.", valueName: "id"))
    var id: [String] = []

    @Option(help: "Those with this reason, or with this first word of it, such as malformed_body.")
    var reason: String?

    @Option(help: "How many letters of the queue to look at.")
    var limit = 1_000

    var isEmpty: Bool { id.isEmpty && reason == nil }

    func validate() throws {
        guard (1...65_535).contains(limit) else { throw ValidationError("--limit must be 1 to 65535") }
    }

    /// Whether a letter is meant; each one is when nothing is said.
    func contains(_ letter: DeadLetterEntry) -> Bool {
        if !id.isEmpty, !id.contains(letter.id), !id.contains(where: { $0 == letter.messageID }) { return false }
        if let reason, letter.reason != reason, !letter.reason.hasPrefix("\(reason):") { return false }
        return true
    }
}
