object Words extends App {
  val text = """a "raw" text"""
  val counts = text.split("\\W+").groupBy(identity).map { case (word, all) => word -> all.length }
  for {
    (word, count) <- counts
    if count > 1
  } println(f"$word%s: $count%d")
}
