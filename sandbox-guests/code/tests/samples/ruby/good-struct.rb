Point = Struct.new(:x, :y) do
  def +(other)
    Point.new(x + other.x, y + other.y)
  end

  def to_s = "(#{x}, #{y})"
end

words = %w[alpha beta gamma]
table = { "a" => 1, b: 2, **words.to_h { [_1.to_sym, _1.size] } }
while (word = words.shift)
  puts table.fetch(word.to_sym) { |key| "no #{key}" }
end
puts(Point.new(1, 2) + Point.new(3, 4))
__END__
not code
