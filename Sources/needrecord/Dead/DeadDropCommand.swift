import ArgumentParser
import Glibc
import Logging
import Wire

struct DeadDropCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove letters, and print each of them as a line of JSON, so that nothing is lost silently.",
        discussion: "Needs --id or --reason, and asks whether to unless --yes is given."
    )

    @OptionGroup var selection: DeadSelection

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard !selection.isEmpty else { throw ValidationError("say which: --id or --reason") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        if !yes, isatty(STDIN_FILENO) == 0 {
            throw ValidationError("nobody can be asked, because standard input is no terminal: add --yes")
        }
        try await DeadQueue.with(settings, limit: selection.limit, logger: logger) { queue in
            let letters = queue.letters.filter(selection.contains)
            guard !letters.isEmpty else {
                throw Failure("there is no such letter among the \(queue.letters.count) that were looked at")
            }
            guard yes || isConfirmed(letters.count) else { throw Failure("nothing was dropped") }
            for letter in letters {
                var writer = JSONWriter()
                writer.element(letter, withBody: true)
                // It is on the other side of the pipe before it is out of the queue.
                print(String(decoding: writer.bytes, as: UTF8.self))
                guard fflush(nil) == 0 else { throw Failure("standard output cannot be written, \(letter.id) stays") }
                try await queue.acknowledge(letter)
            }
            printError("dropped \(letters.count) \(letters.count == 1 ? "letter" : "letters")")
        }
    }

    private func isConfirmed(_ count: Int) -> Bool {
        printError("Drop \(count) \(count == 1 ? "letter" : "letters")? Type yes:")
        return readLine() == "yes"
    }
}
