import 'dart:async';

class Cart {
  final Map<String, int> _items = {};
  final String? owner;

  Cart({this.owner});

  void add(String sku, [int count = 1]) {
    if (count <= 0) {
      throw ArgumentError('bad count: $count');
    }
    _items[sku] = (_items[sku] ?? 0) + count;
  }

  int get total => _items.values.fold(0, (a, b) => a + b);
}
