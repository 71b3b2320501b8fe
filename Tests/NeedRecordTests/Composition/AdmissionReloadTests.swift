import CallbackGateway
import Testing

@testable import needrecord

@Suite struct AdmissionReloadTests {
    private typealias Reading = Result<[UInt8], AdmissionFile.Fault>

    private static let file = AdmissionFile(path: "keys.yaml")
    private static let first = Array("networks: [10.0.0.0/8]".utf8)
    private static let second = Array("networks: [192.0.2.0/24]".utf8)
    private static let broken = Array("networks: [geheim]".utf8)

    private func policy(_ bytes: [UInt8]) throws -> AdmissionPolicy { try AdmissionPolicy(yaml: bytes) }

    @Test func `A file that is as it was changes nothing`() {
        var reload = AdmissionReload(Self.file, bytes: Self.first)
        #expect(reload.read(.success(Self.first)) == .none)
        #expect(reload.read(.success(Self.first)) == .none)
    }

    @Test func `A file with other demands is taken once`() throws {
        var reload = AdmissionReload(Self.file, bytes: Self.first)
        #expect(reload.read(.success(Self.second)) == .replace(try policy(Self.second)))
        #expect(reload.read(.success(Self.second)) == .none)
    }

    @Test func `A fault is told once, by file, line and key, and mended by the file as it was`() throws {
        var reload = AdmissionReload(Self.file, bytes: Self.first)
        guard case .keep(let fault) = reload.read(.success(Self.broken)) else {
            Issue.record("a broken file is taken")
            return
        }
        #expect(fault.description.hasPrefix("keys.yaml: line 1: networks: "))
        #expect(!fault.description.contains("geheim"))
        #expect(reload.read(.success(Self.broken)) == .none)
        #expect(reload.read(.success(Self.first)) == .replace(try policy(Self.first)))
    }

    @Test func `A file that cannot be read is told once for each reason`() throws {
        var reload = AdmissionReload(Self.file, bytes: Self.first)
        let away = AdmissionFile.Fault(description: "away")
        let forbidden = AdmissionFile.Fault(description: "forbidden")
        #expect(reload.read(.failure(away)) == .keep(away))
        #expect(reload.read(.failure(away)) == .none)
        #expect(reload.read(.failure(forbidden)) == .keep(forbidden))
        #expect(reload.read(.success(Self.second)) == .replace(try policy(Self.second)))
    }

    @Test func `A file that is not there is a fault`() {
        let fault = #expect(throws: AdmissionFile.Fault.self) { try AdmissionFile(path: "/nowhere/keys.yaml").bytes() }
        #expect(fault?.description.hasPrefix("/nowhere/keys.yaml: ") == true)
    }
}
