import ArgumentParser
import Logging
import Wire

struct DoctorCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Check versions, environment, journal, connections, privileges, topology, migrations and clock, and say what to do.",
        discussion:
            "Also checks the file of auth.file. Changes nothing. Exit code 1 when something is at fault; a warning is no fault."
    )

    @Option(help: "text or json.")
    var output = OutputFormat.text

    @OptionGroup var settings: SettingsOptions

    func run(_ settings: Settings, logger: Logger) async throws {
        var findings = LibraryExamination().findings()
        findings += EnvironmentExamination().findings()
        findings += AdmissionExamination(settings).findings()
        findings += JournalExamination(settings).findings()
        findings += await BrokerExamination(settings, logger: logger).findings()
        findings += await DatabaseExamination(settings, logger: logger).findings()
        switch output {
        case .text: for finding in findings { print(finding.text) }
        case .json: print(json(findings))
        }
        if findings.contains(where: { $0.severity == .fault }) { throw ExitCode.failure }
    }

    private func json(_ findings: [Finding]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member(
                "findings",
                array: { array in
                    for finding in findings {
                        array.object { writer in
                            writer.member("check", finding.check)
                            writer.member("severity", finding.severity.rawValue)
                            writer.member("detail", finding.detail)
                            if let advice = finding.advice { writer.member("advice", advice) }
                        }
                    }
                }
            )
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
