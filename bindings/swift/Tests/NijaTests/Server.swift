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

    /// `venue` is one more exchange to trade at: `NAME:KIND=REST,PUBLIC,PRIVATE`.
    init(venue: String? = nil) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("nija-swift-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Server.program)
        process.arguments = [
            "serve", "--listen", "127.0.0.1:0", "--data-dir", directory.appendingPathComponent("data").path,
            "--demo", "--json",
        ] + (venue.map { ["--venue", $0] } ?? [])
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

    fileprivate static var program: String {
        if let named = ProcessInfo.processInfo.environment["NIJA_BIN"] { return named }
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return here.appendingPathComponent("../../../../target/debug/nija").standardizedFileURL.path
    }

    fileprivate static func firstLine(of file: FileHandle) -> Data {
        var line = Data()
        while true {
            let byte = file.readData(ofLength: 1)
            if byte.isEmpty || byte == Data([0x0A]) { return line }
            line.append(byte)
        }
    }
}

/// A simulated exchange in a process of its own, over the wire.
final class Exchange {
    struct Account: Decodable {
        let key: String
        let secret: String
    }

    struct Ready: Decodable {
        let rest: String
        let ws_public: String
        let ws_private: String
        let admin: String
        let accounts: [Account]
    }

    /// An order as it stands there, whatever its client believes.
    struct Order: Decodable {
        let side: String
        let status: String
        let opened_ns: Int64
    }

    static let name = "exchange"
    let ready: Ready
    private let process = Process()

    init(accounts: Int) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Server.program)
        process.arguments = ["sim", "--json", "--venue", "\(Exchange.name)=kraken", "--accounts", String(accounts)]
        process.standardOutput = output
        try process.run()
        let line = Server.firstLine(of: output.fileHandleForReading)
        guard let ready = try? JSONDecoder().decode(Ready.self, from: line) else {
            process.terminate()
            throw Server.DidNotStart(output: String(decoding: line, as: UTF8.self))
        }
        self.ready = ready
    }

    var addresses: DeviceVenueAddresses {
        DeviceVenueAddresses(rest: ready.rest, wsPublic: ready.ws_public, wsPrivate: ready.ws_private)
    }

    /// How `nija serve --venue` names it.
    var argument: String {
        "\(Exchange.name):kraken=\(ready.rest),\(ready.ws_public),\(ready.ws_private)"
    }

    /// The orders of a key, oldest first.
    func orders(of key: String) async throws -> [Order] {
        let safe = key.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? key
        let answer = try await send("accounts/\(safe)/orders", body: nil)
        return try JSONDecoder().decode([Order].self, from: answer).sorted { $0.opened_ns < $1.opened_ns }
    }

    /// The next request of a key to a path goes wrong.
    func fault(_ kind: String, path: String, key: String) async throws {
        let body = try JSONSerialization.data(withJSONObject: ["kind": kind, "match": path, "key": key])
        _ = try await send("faults", body: body)
    }

    func setPrice(_ price: String, of symbol: String) async throws {
        let body = try JSONSerialization.data(withJSONObject: ["symbol": symbol, "price": price])
        _ = try await send("price", body: body)
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    private func send(_ path: String, body: Data?) async throws -> Data {
        guard let url = URL(string: "\(ready.admin)/\(path)") else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        if let body {
            request.httpMethod = "POST"
            request.httpBody = body
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else { throw URLError(.badServerResponse) }
        return data
    }
}
#endif
