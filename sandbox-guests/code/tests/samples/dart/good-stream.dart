Stream<int> count(int to) async* {
  for (var i = 0; i < to; i++) {
    yield i;
  }
}

void main() {
  var names = ['b', 'a']..sort();
  switch (names.length) {
    case 0:
      break;
    default:
      print(names.first);
  }
}
