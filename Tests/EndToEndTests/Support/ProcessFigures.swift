import Foundation
import TestSupport
import Testing

/// What the process has in memory, from proc(5).
func residentBytes(of service: ServiceProcess) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(service.process.processID)/statm", encoding: .utf8)
    let fields = text.split(separator: " ")
    try #require(fields.count > 1)
    return try #require(Int(fields[1])) * Int(getpagesize())
}

/// The CPU time that the process has used, in seconds, from proc(5).
func cpuSeconds(of service: ServiceProcess) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(service.process.processID)/stat", encoding: .utf8)
    // The second field, a name in parentheses, may have spaces in it.
    let fields = try #require(text.split(separator: ")").last).split(separator: " ")
    try #require(fields.count > 12)
    return try Double(#require(Int(fields[11])) + #require(Int(fields[12]))) / Double(sysconf(Int32(_SC_CLK_TCK)))
}
