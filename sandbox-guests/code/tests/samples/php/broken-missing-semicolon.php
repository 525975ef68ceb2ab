<?php

declare(strict_types=1);

namespace Shop;

use InvalidArgumentException;

final class Cart implements \Countable
{
    /** @var array<string, int> */
    private array $items = [];

    public function __construct(private readonly ?string $owner = null)
    {
    }

    public function add(string $sku, int $count = 1): static
    {
        if ($count <= 0) {
            throw new InvalidArgumentException("bad count: {$count}");
        }
        $this->items[$sku] = ($this->items[$sku] ?? 0) + $count;

        return $this
    }

    public function count(): int
    {
        return array_sum($this->items);
    }
}
