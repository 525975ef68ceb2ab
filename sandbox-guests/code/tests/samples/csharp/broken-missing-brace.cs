using System;
using System.Collections.Generic;
using System.Linq;

namespace Shop
{
    public sealed class Cart
    {
        private readonly Dictionary<string, int> items = new();

        public string Owner { get; init; } = "nobody";

        public int this[string sku] => items.TryGetValue(sku, out var count) ? count : 0;

        public Cart Add(string sku, int count = 1)
        {
            if (count <= 0)
            {
                throw new ArgumentOutOfRangeException(nameof(count), $"bad count: {count}");
            items[sku] = this[sku] + count;
            return this;
        }

        public int Total() => items.Values.Sum();
    }
}
