interface Store<K, out V> {
    fun load(key: K): V?
}

class Memory<K : Comparable<K>, V> : Store<K, V> {
    private val rows = HashMap<K, V>()

    override fun load(key: K): V? = rows[key]

    companion object {
        const val LIMIT = 100
    }

    init {
        var while = 0
        while (n < LIMIT) n++
    }
}
