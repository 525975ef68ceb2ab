module Retry
  def self.call(times:, wait: 0.1, &block)
    attempt = 0
    begin
      attempt += 1
      block.call(attempt
    rescue IOError, Timeout::Error
      retry if attempt < times
      raise
    end
  end
end

result = [3, 1, 2].sort_by { |n| -n }.each_with_index.map do |n, i|
  "#{i}: #{n}"
end
result.each(&method(:puts))
until result.empty? do result.pop end
