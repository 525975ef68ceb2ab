# frozen_string_literal: true

require "json"

module Shop
  class Cart
    attr_reader :items

    def initialize(items = {})
      @items = Hash.new(0).merge(items)
    end

    def add(sku, count: 1)
      raise ArgumentError, "count: #{count}" unless count.positive?

      @items[sku] += count
      self
    end

    def total = @items.values.sum
  end
end
