#if os(macOS)
import CryptoKit
import Foundation

@testable import Nija

/// What a phone would keep in its Keychain.
final class MapStore: SecureStore, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String: String] = [:]

    var values: [String] {
        lock.lock()
        defer { lock.unlock() }
        return Array(kept.values)
    }

    var names: [String] {
        lock.lock()
        defer { lock.unlock() }
        return Array(kept.keys)
    }

    func get(key: String) throws -> String? {
        lock.lock()
        defer { lock.unlock() }
        return kept[key]
    }

    func set(key: String, value: String) throws {
        lock.lock()
        defer { lock.unlock() }
        kept[key] = value
    }

    func delete(key: String) throws {
        lock.lock()
        defer { lock.unlock() }
        kept[key] = nil
    }
}

/// Stands for a phone's hardware key: AES-GCM under a key that this object alone has.
final class Hardware: DeviceKey, @unchecked Sendable {
    private let key = SymmetricKey(size: .bits256)

    func wrap(plain: Data) throws -> Data {
        guard let sealed = try AES.GCM.seal(plain, using: key).combined else { throw DeviceKeyError.Refused }
        return sealed
    }

    func unwrap(wrapped: Data) throws -> Data {
        guard let box = try? AES.GCM.SealedBox(combined: wrapped), let plain = try? AES.GCM.open(box, using: key) else {
            throw DeviceKeyError.Refused
        }
        return plain
    }
}

/// The machine's time, set forward by a test.
final class Shifted: Clock, @unchecked Sendable {
    var micros: Int64 = 0

    func nowMicros() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000_000) + micros
    }
}
#endif
