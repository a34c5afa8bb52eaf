#if os(macOS)
import Foundation
import XCTest

@testable import Nija

/// Proofs of the vault's log, checked on the device: the cases of the Kotlin tests that need no server.
final class AuditProofTests: XCTestCase {
    private struct Frozen {
        let pin: String
        let proof: String

        /// Made by a vault; its key was thrown away.
        init() throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../../../nija-client/tests/audit-proof.json")
            let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
            pin = try XCTUnwrap(json?["pinned"] as? String)
            let proof = try JSONSerialization.data(withJSONObject: XCTUnwrap(json?["proof"]))
            self.proof = String(decoding: proof, as: UTF8.self)
        }
    }

    func testAProofIsCheckedWithoutAServer() throws {
        let frozen = try Frozen()
        let proven = try verifyAuditProof(proof: frozen.proof, pin: frozen.pin)
        XCTAssertEqual(proven.seq, 6)
        XCTAssertEqual(proven.action, "open")
        XCTAssertEqual(proven.version, 2)
    }

    func testWhatWasTouchedOrSignedByAnotherIsRefused() throws {
        let frozen = try Frozen()
        let touched = frozen.proof.replacingOccurrences(of: "\"version\":2", with: "\"version\":3")
        XCTAssertNotEqual(touched, frozen.proof)
        for (proof, pin) in [(touched, frozen.pin), (frozen.proof, String(repeating: "0", count: 64))] {
            XCTAssertThrowsError(try verifyAuditProof(proof: proof, pin: pin)) { error in
                guard case NijaError.Unproven = error else { return XCTFail("\(error)") }
            }
        }
        for (proof, pin) in [("{}", frozen.pin), (frozen.proof, "no key")] {
            XCTAssertThrowsError(try verifyAuditProof(proof: proof, pin: pin)) { error in
                guard case NijaError.InvalidInput = error else { return XCTFail("\(error)") }
            }
        }
    }
}
#endif
