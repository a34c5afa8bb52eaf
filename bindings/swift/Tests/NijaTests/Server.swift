#if os(macOS)
import Foundation

/// A real `nija serve --demo` on a port of its own and a data directory that goes with it.
/// `NIJA_BIN` names the program; the default is the workspace's debug build.
final class Server {
    struct Ready: Decodable {
        struct Demo: Decodable {
            let email: String
            let password: String
        }

        let url: String
        let demo: Demo
    }

    struct DidNotStart: Error {
        let output: String
    }

    let ready: Ready
    private let process = Process()
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("nija-swift-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Server.program)
        process.arguments = [
            "serve", "--listen", "127.0.0.1:0", "--data-dir", directory.appendingPathComponent("data").path,
            "--demo", "--json",
        ]
        process.standardOutput = output
        try process.run()
        let line = Server.firstLine(of: output.fileHandleForReading)
        guard let ready = try? JSONDecoder().decode(Ready.self, from: line) else {
            process.terminate()
            throw DidNotStart(output: String(decoding: line, as: UTF8.self))
        }
        self.ready = ready
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    private static var program: String {
        if let named = ProcessInfo.processInfo.environment["NIJA_BIN"] { return named }
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return here.appendingPathComponent("../../../../target/debug/nija").standardizedFileURL.path
    }

    private static func firstLine(of file: FileHandle) -> Data {
        var line = Data()
        while true {
            let byte = file.readData(ofLength: 1)
            if byte.isEmpty || byte == Data([0x0A]) { return line }
            line.append(byte)
        }
    }
}
#endif
