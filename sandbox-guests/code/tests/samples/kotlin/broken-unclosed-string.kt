package shop

class Cart(private val owner: String? = null) {
    private val items = mutableMapOf<String, Int>()

    fun add(sku: String, count: Int = 1): Cart {
        require(count > 0) { "bad count: $count }
        items[sku] = (items[sku] ?: 0) + count
        return this
    }

    val total: Int
        get() = items.values.sum()
}
