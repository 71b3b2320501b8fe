import CallbackGateway

/// Decides what to do about a file of keys, secrets and networks that is read again and again.
struct AdmissionReload {
    /// What to do.
    enum Action: Equatable {
        /// The file is as it was.
        case none
        /// Something else is demanded, or the same again after a file with a fault.
        case replace(AdmissionPolicy)
        /// The file has a fault that has not been told; what was demanded before goes on.
        case keep(AdmissionFile.Fault)
    }

    private let file: AdmissionFile
    /// What was read last.
    private var last: Result<[UInt8], AdmissionFile.Fault>

    /// - Parameter bytes: What the file held when it was first used.
    init(_ file: AdmissionFile, bytes: [UInt8]) {
        self.file = file
        last = .success(bytes)
    }

    /// The file was read again.
    mutating func read(_ result: Result<[UInt8], AdmissionFile.Fault>) -> Action {
        guard result != last else { return .none }
        last = result
        do throws(AdmissionFile.Fault) {
            return .replace(try file.policy(of: try result.get()))
        } catch {
            return .keep(error)
        }
    }
}
