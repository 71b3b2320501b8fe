internal import CLibPQ

/// The version of the libpq that this process runs with, as `major * 10000 + minor`.
public func libpqVersion() -> Int {
    Int(PQlibVersion())
}
