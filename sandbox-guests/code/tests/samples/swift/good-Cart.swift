import Foundation

struct Cart {
    private var items: [String: Int] = [:]
    let owner: String?

    mutating func add(_ sku: String, count: Int = 1) throws {
        guard count > 0 else {
            throw CartError.badCount(count)
        }
        items[sku, default: 0] += count
    }

    var total: Int { items.values.reduce(0, +) }
}
