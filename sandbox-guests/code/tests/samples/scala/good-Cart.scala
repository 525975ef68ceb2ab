package shop

import scala.collection.mutable

class Cart(owner: String) {
  private val items = mutable.Map.empty[String, Int]

  def add(sku: String, count: Int = 1): this.type = {
    require(count > 0, s"bad count: $count")
    items(sku) = items.getOrElse(sku, 0) + count
    this
  }

  def total: Int = items.values.sum
}
