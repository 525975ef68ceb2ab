package shop;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

public final class Inventory {
    private final Map<String, Integer> items = new HashMap<>();

    public synchronized int add(String sku, int count) throws IllegalArgumentException {
        if (count <= 0) {
            throw new IllegalArgumentException("count: " + count);
        }
        return items.merge(sku, count, Integer::sum)
    }

    public Optional<Integer> count(String sku) {
        return Optional.ofNullable(items.get(sku));
    }
}
