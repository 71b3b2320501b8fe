import AMQP
import ArgumentParser
import DecisionCore
import Logging
import Wire

struct DeadShowCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a letter: its properties, its headers and its body."
    )

    @Argument(help: "The letter's id, or its message id.")
    var id: String

    @Option(help: "How many letters of the queue to look at.")
    var limit = 1_000

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard (1...65_535).contains(limit) else { throw ValidationError("--limit must be 1 to 65535") }
    }

    func run(_ settings: Settings, logger: Logger) async throws {
        try await DeadQueue.with(settings, limit: limit, logger: logger) { queue in
            let letters = queue.letters.filter { $0.id == id || $0.messageID == id }
            guard !letters.isEmpty else {
                throw Failure("there is no letter \(id) among the \(queue.letters.count) that were looked at")
            }
            for letter in letters {
                switch output {
                case .text: print(text(letter))
                case .json:
                    var writer = JSONWriter()
                    writer.element(letter, withBody: true)
                    print(String(decoding: writer.bytes, as: UTF8.self))
                }
            }
        }
    }

    private func text(_ letter: DeadLetterEntry) -> String {
        let properties = letter.delivery.properties
        var lines: [(label: String, text: String)] = [("id", letter.id)]
        func add(_ label: String, _ text: String?) {
            if let text { lines.append((label, text)) }
        }
        add("message id", properties.messageID)
        add("time", letter.time?.description)
        add("type", properties.type)
        add("app id", properties.appID)
        add("content type", properties.contentType)
        add("correlation id", properties.correlationID)
        add("reply to", properties.replyTo)
        for entry in properties.headers.entries { lines.append(("header \(entry.key)", entry.value.text)) }
        let body = String(validating: letter.delivery.body, as: UTF8.self) ?? "(hex) \(letter.bodyDigits)"
        return TextTable.aligned(lines) + "\n\n" + body
    }
}
