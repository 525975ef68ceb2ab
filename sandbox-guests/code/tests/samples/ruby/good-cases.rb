def describe(value)
  case value
  when Integer, Float then "number"
  when /\A\d+\z/ then "digits"
  when nil
    "nothing"
  else
    value.respond_to?(:each) ? "list" : "thing"
  end
rescue StandardError => e
  "error: #{e.message}"
ensure
  puts "done" if $VERBOSE
end

case { name: "x", tags: [1, 2] }
in { name: String => name, tags: [first, *] }
  puts name, first
end
