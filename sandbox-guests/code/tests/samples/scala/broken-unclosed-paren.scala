object Ops {
  implicit class Rich(val n: Int) extends AnyVal {
    def **(exponent: Int): Int = (1 to exponent).foldLeft(1)((a, _) => a * n
  }

  type Row = (String, Int)
  lazy val rows: List[Row] = ("a", 1) :: ("b", 2) :: Nil
  var sum = 0
  while (sum < 10) { sum += rows.map(_._2).sum }
  val even = if (sum % 2 == 0) 'e' else 'o'
}
