import ArgumentParser

/// The one executable, with a subcommand for each role.
@main
struct NeedRecord: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "needrecord",
        abstract: "Decides, live and provably, which streams get recorded.",
        discussion: """
            A live platform asks over HTTP, each time a stream is pushed, whether to record it. needrecord answers \
            from the business state in PostgreSQL, within the platform's timeout, always.

            To try it on one machine, run `make run` in a checkout. To run it: `migrate` once, then `serve`, or \
            `gateway`, `worker` and `auditor` on as many machines as you like.

            Settings come from flags, the environment (NEEDRECORD_...) and a file (--config), in this order; \
            docs/configuration.md lists them all.

            EXIT CODES
              0   done; after SIGTERM or SIGINT: everything in flight was answered
              1   it failed, and the message says why
              3   verify: it does not add up; replay: something is answered otherwise
              4   verify: it adds up but for what cannot be told yet
              64  the command line is wrong
              78  a setting cannot be used, and the message names it
            """,
        version: Version.text,
        subcommands: [
            GatewayCommand.self, WorkerCommand.self, AuditorCommand.self, ServeCommand.self, MigrateCommand.self,
            RulesCommand.self, QuotasCommand.self, ReservationsCommand.self, DecideCommand.self, PushCommand.self,
            AuditCommand.self, ExplainCommand.self, VerifyCommand.self, ReplayCommand.self, RebuildCommand.self,
            DeadCommand.self, DoctorCommand.self, HealthCommand.self,
        ]
    )
}
