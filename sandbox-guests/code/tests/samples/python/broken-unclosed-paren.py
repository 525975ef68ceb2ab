"""A small inventory service."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Inventory:
    items: dict[str, int] = field(default_factory=dict)

    def add(self, sku: str, count: int = 1) -> int:
        if count <= 0:
            raise ValueError(f"count must be positive, got {count!r}")
        self.items[sku] = self.items.get(sku, 0 + count
        return self.items[sku]

    def total(self) -> int:
        return sum(self.items.values())
