typedef Test<T> = bool Function(T value);

mixin Named {
  String name = '';
}

class Box<T extends Object> with Named {
  T? value;

  Box.of(this.value);

  factory Box.empty() => Box.of(null);

  bool holds(Test<T> test) => value != null && test(value!);
}
