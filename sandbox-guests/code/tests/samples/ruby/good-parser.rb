class Parser
  TOKEN = /\A(?<key>\w+)\s*=\s*(?<value>.+)\z/.freeze

  def self.parse(text)
    text.each_line.filter_map do |line|
      next if line.strip.empty?

      if (match = TOKEN.match(line.chomp))
        [match[:key].to_sym, match[:value]]
      else
        warn "skipped: #{line}"
      end
    end.to_h
  end
end

puts Parser.parse(<<~TEXT)
  name = Ruby
  kind = language
TEXT
