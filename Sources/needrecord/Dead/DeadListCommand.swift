import ArgumentParser
import DecisionCore
import Logging
import Wire

struct DeadListCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the letters, grouped by reason."
    )

    @OptionGroup var selection: DeadSelection

    @Flag(help: "Each letter by itself.")
    var all = false

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        try await DeadQueue.with(settings, limit: selection.limit, logger: logger) { queue in
            let letters = queue.letters.filter(selection.contains)
            switch output {
            case .text: printText(letters, others: queue.others)
            case .json: printJSON(letters, others: queue.others)
            }
        }
    }

    private func printText(_ letters: [DeadLetterEntry], others: Int) {
        if all {
            let rows = letters.map { letter in
                [
                    letter.id, letter.messageID ?? "-", letter.time?.description ?? "-",
                    letter.originRoutingKey ?? "-", letter.rejectedBy ?? "-", letter.reason,
                ]
            }
            print(TextTable(header: ["ID", "MESSAGE", "TIME", "KEY", "REJECTED BY", "REASON"], rows: rows).text)
        } else {
            let rows = DeadLetterGroup.groups(of: letters).map { group in
                [
                    String(group.count), group.oldest?.description ?? "-", group.newest?.description ?? "-",
                    group.examples.joined(separator: ","), group.reason,
                ]
            }
            print(TextTable(header: ["COUNT", "OLDEST", "NEWEST", "EXAMPLES", "REASON"], rows: rows).text)
        }
        print("\(letters.count) \(letters.count == 1 ? "letter" : "letters")")
        if others > 0 { print("and \(others) in the queue that were not looked at; see --limit") }
    }

    private func printJSON(_ letters: [DeadLetterEntry], others: Int) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("count", letters.count)
            writer.member("not_looked_at", others)
            if all {
                writer.member("letters", array: { for letter in letters { $0.element(letter, withBody: false) } })
            } else {
                writer.member(
                    "groups",
                    array: { for group in DeadLetterGroup.groups(of: letters) { $0.element(group) } }
                )
            }
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }
}

extension JSONWriter {
    fileprivate mutating func element(_ group: DeadLetterGroup) {
        object { writer in
            writer.member("reason", group.reason)
            writer.member("count", group.count)
            if let oldest = group.oldest { writer.member("oldest", oldest.description) }
            if let newest = group.newest { writer.member("newest", newest.description) }
            writer.member("examples", array: { for id in group.examples { $0.element(id) } })
        }
    }
}
