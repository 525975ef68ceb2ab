trait Store[K, +V] {
  def load(key: K): Option[V]
}

class Memory[K <: Comparable[K], V] private (rows: Map[K, V]) extends Store[K, V] {
  override def load(key: K): Option[V] = rows.get(key)

  def retry[A](times: Int)(task: => A): A =
    try task
    catch {
      case _: Exception if times > 0 => retry(times - 1)(task)
    } finally println("tried")
}
