import CallbackGateway
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import ServiceLifecycle

/// Reads the file of keys, secrets and networks again and again. A file with a fault changes nothing.
struct AdmissionWatch: Service {
    let file: AdmissionFile
    /// What the gateway was set up with.
    let bytes: [UInt8]
    let gateway: CallbackGateway
    let logger: Logger

    func run() async {
        let reload = NIOLockedValueBox(AdmissionReload(file, bytes: bytes))
        await FileWatch { await self.read(reload, isSignal: $0) }.run()
    }

    private func read(_ reload: NIOLockedValueBox<AdmissionReload>, isSignal: Bool) async {
        let file = file
        // A disk may hang, and must not take a thread of the gateway's with it.
        let result = try? await NIOThreadPool.singleton.runIfActive { () -> Result<[UInt8], AdmissionFile.Fault> in
            do throws(AdmissionFile.Fault) { return .success(try file.bytes()) } catch { return .failure(error) }
        }
        guard let result else { return }
        switch reload.withLockedValue({ $0.read(result) }) {
        case .none:
            if isSignal { logger.notice("the file of keys, secrets and networks is as it was") }
        case .replace(let policy):
            gateway.replaceAdmission(policy)
            logger.notice(
                "took the file of keys, secrets and networks",
                metadata: ["demands": "\(policy.summary)"]
            )
        case .keep(let fault):
            gateway.admissionReplacementFailed()
            logger.error(
                "the file of keys, secrets and networks cannot be used; the former one goes on",
                metadata: ["fault": "\(fault)"]
            )
        }
    }
}
