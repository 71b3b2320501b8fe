import CallbackGateway
import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Reads the file of keys, secrets and networks again every second, and at once on SIGHUP, so that a key can take the
/// place of another without a restart. A file with a fault changes nothing.
///
/// The file is read and compared, and not only looked at: a mounted secret is exchanged by a link, and an editor may
/// keep the time of a file.
struct AdmissionWatch: Service {
    private enum Wake {
        case timer
        case signal
    }

    let file: AdmissionFile
    /// What the gateway was set up with.
    let bytes: [UInt8]
    let gateway: CallbackGateway
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let (wakes, waker) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(2))
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(1))) != nil { waker.yield(.timer) }
                    waker.finish()
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { waker.yield(.signal) }
                }
                var reload = AdmissionReload(file, bytes: bytes)
                for await wake in wakes { await read(&reload, wake) }
                group.cancelAll()
            }
        }
    }

    private func read(_ reload: inout AdmissionReload, _ wake: Wake) async {
        let file = file
        // A disk may hang, and must not take a thread of the gateway's with it.
        let result = try? await NIOThreadPool.singleton.runIfActive { () -> Result<[UInt8], AdmissionFile.Fault> in
            do throws(AdmissionFile.Fault) { return .success(try file.bytes()) } catch { return .failure(error) }
        }
        guard let result else { return }
        switch reload.read(result) {
        case .none:
            if wake == .signal { logger.notice("the file of keys, secrets and networks is as it was") }
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
