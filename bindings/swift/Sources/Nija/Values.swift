import Foundation

extension String {
    /// A decimal of the API as a number; `nil` for text that is none.
    public var decimal: Decimal? {
        Decimal(string: self, locale: Locale(identifier: "en_US_POSIX"))
    }
}

extension Order {
    /// Whether nothing can change any more.
    public var isFinal: Bool {
        ["filled", "rejected", "cancelled", "expired", "failed"].contains(state)
    }
}
