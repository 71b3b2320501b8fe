import ArgumentParser

struct ReservationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reservations",
        abstract: "List what streams have taken of quotas, and release it.",
        discussion: """
            A stream takes a reservation when it is let through by a quota. It ends with the stream, when the recording \
            fails, or when it shows no sign of life for as long as the quota says.
            """,
        subcommands: [ReservationsListCommand.self, ReservationsReleaseCommand.self]
    )
}
