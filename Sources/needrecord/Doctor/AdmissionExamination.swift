import CallbackGateway
import Glibc

/// Looks at the file of keys, secrets and networks, if there is one.
struct AdmissionExamination {
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func findings() -> [Finding] {
        let check = "callback authentication"
        guard let path = settings.admissionFile else {
            return [
                .warning(
                    check,
                    "off: a gateway takes callbacks from anybody",
                    advice: "Set auth.file (NEEDRECORD_AUTH_FILE), or let nobody but the platform reach the gateway."
                )
            ]
        }
        let policy: AdmissionPolicy
        do throws(AdmissionFile.Fault) {
            let file = AdmissionFile(path: path)
            policy = try file.policy(of: try file.bytes())
        } catch {
            return [
                .fault(check, "\(error)", advice: "Mend the file that auth.file (NEEDRECORD_AUTH_FILE) names.")
            ]
        }
        let summary = policy.summary
        return [
            policy.isOpen
                ? .warning(
                    check,
                    "\(summary); callbacks of some domain are taken from anybody",
                    advice: "Demand signatures of every domain, a secret path, or networks."
                )
                : .ok(check, summary),
            permissions(of: path),
        ]
    }

    private func permissions(of path: String) -> Finding {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & (S_IROTH | S_IWOTH) != 0 else {
            return .ok("auth.file", "not open to everybody on this machine")
        }
        return .warning(
            "auth.file",
            "everybody on this machine may read or write \(path)",
            advice: "Run chmod o= on it."
        )
    }
}
