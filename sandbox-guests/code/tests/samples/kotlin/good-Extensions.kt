enum class Level(val weight: Int) { LOW(1), HIGH(10) }

fun <T> List<T>.second(): T? where T : Any {
    return if (size > 1) this[1] else null
}

operator fun Level.plus(other: Level) = weight + other.weight

fun main(args: Array<String>) {
    val text = """
        raw "text"
    """.trimIndent()
    args.map { it.toIntOrNull() ?: 0 }.forEach(::println)
    println(text + Level.LOW.plus(Level.HIGH))
}
