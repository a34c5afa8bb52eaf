#if canImport(Security)
import Foundation
import Security

/// Keeps the session in the Keychain: on this device only, readable after the first unlock.
public final class KeychainStore: SecureStore, @unchecked Sendable {
    private let service: String

    /// `service` names the app's entries.
    public init(service: String = "nija") {
        self.service = service
    }

    public func get(key: String) throws -> String? {
        var query = entry(key)
        query[kSecReturnData as String] = true
        query[kSecMatchLimit as String] = kSecMatchLimitOne
        var found: CFTypeRef?
        switch SecItemCopyMatching(query as CFDictionary, &found) {
        case errSecSuccess:
            guard let data = found as? Data else { throw StoreError.Unavailable }
            return String(data: data, encoding: .utf8)
        case errSecItemNotFound:
            return nil
        default:
            throw StoreError.Unavailable
        }
    }

    public func set(key: String, value: String) throws {
        let data = Data(value.utf8)
        let change = [kSecValueData as String: data]
        switch SecItemUpdate(entry(key) as CFDictionary, change as CFDictionary) {
        case errSecSuccess:
            return
        case errSecItemNotFound:
            var fresh = entry(key)
            fresh[kSecValueData as String] = data
            fresh[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
            guard SecItemAdd(fresh as CFDictionary, nil) == errSecSuccess else { throw StoreError.Unavailable }
        default:
            throw StoreError.Unavailable
        }
    }

    public func delete(key: String) throws {
        let status = SecItemDelete(entry(key) as CFDictionary)
        guard status == errSecSuccess || status == errSecItemNotFound else { throw StoreError.Unavailable }
    }

    private func entry(_ key: String) -> [String: Any] {
        [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: service,
            kSecAttrAccount as String: key,
        ]
    }
}
#endif
