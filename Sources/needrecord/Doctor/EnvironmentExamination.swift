import Foundation

/// Looks for variables that were meant as settings: one that is misspelled leaves the default in force without a word.
///
/// They are no fault. A container platform makes variables of its own, such as `NEEDRECORD_GATEWAY_PORT` for a service of
/// that name.
struct EnvironmentExamination {
    private let names: any Collection<String>

    init(names: some Collection<String> = ProcessInfo.processInfo.environment.keys) {
        self.names = names
    }

    func findings() -> [Finding] {
        let settings = Set(Setting.allCases.map(\.environmentVariable))
        let others = names.filter { $0.hasPrefix("NEEDRECORD_") && !settings.contains($0) }.sorted()
        if others.isEmpty { return [.ok("environment", "every NEEDRECORD_ variable is a setting")] }
        return [
            .warning(
                "environment",
                "\(others.joined(separator: ", ")): no setting",
                advice: "Are they misspelled? docs/configuration.md lists the settings."
            )
        ]
    }
}
