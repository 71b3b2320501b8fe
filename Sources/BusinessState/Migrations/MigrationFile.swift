internal import FoundationEssentials

/// One numbered SQL file, such as `0001_rules.sql`. Files are append-only: what has been applied never changes.
public struct MigrationFile: Sendable, Equatable {
    /// Its number, from 1 without gaps.
    public let number: Int
    /// Its name without number and extension.
    public let name: String
    /// Its text.
    public let sql: String

    /// The files of a directory, in the order of their numbers. Other files in it are an error, so that a misspelled
    /// name cannot hide a migration.
    ///
    /// - Throws: ``MigrationError`` when the directory cannot be read, or its files are not numbered 1, 2, 3 and on.
    public static func load(directory: String) throws(MigrationError) -> [MigrationFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw MigrationError("cannot read the migrations in \(directory); say where they are with --migrations")
        }
        var files: [MigrationFile] = []
        for name in names.sorted() where !name.hasPrefix(".") {
            files.append(try load(name, directory: directory))
        }
        guard !files.isEmpty else { throw MigrationError("there are no migrations in \(directory)") }
        for (index, file) in files.enumerated() where file.number != index + 1 {
            throw MigrationError("the migrations in \(directory) have no number \(index + 1), or have it twice")
        }
        return files
    }

    private static func load(_ fileName: String, directory: String) throws(MigrationError) -> MigrationFile {
        let parts = fileName.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
        guard fileName.hasSuffix(".sql"), parts.count == 2, parts[0].utf8.count == 4, let number = Int(parts[0]) else {
            throw MigrationError("\(directory)/\(fileName) is not named like 0001_name.sql")
        }
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(fileName)"),
            let sql = String(validating: data, as: UTF8.self)
        else {
            throw MigrationError("\(directory)/\(fileName) cannot be read as UTF-8")
        }
        return MigrationFile(number: number, name: String(parts[1].dropLast(4)), sql: sql)
    }
}
