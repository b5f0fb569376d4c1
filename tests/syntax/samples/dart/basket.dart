library shop;

import 'dart:async';

const int maxItems = 100;
final String currency = 'EUR';
typedef Handler = void Function(Event event);

/// What can happen.
enum Event {
  added,
  removed('r');

  const Event([this.code]);
  final String? code;

  String get label => name;
}

mixin Counting on Object {
  int count = 0;
}

// What one buys.
@immutable
abstract class Basket<T extends Item> extends Base with Counting implements Comparable<Basket<T>> {
  static const version = 1;
  final List<T> items = [];
  late String? _name, _other;

  Basket(this._name);
  const Basket.empty() : _name = null;
  factory Basket.of(String name) => throw UnimplementedError();

  String get name => _name!;
  set name(String value) {
    _name = value;
  }

  /// Adds an item.
  @override
  Future<bool> add(T item, {int count = 1}) async {
    bool check(int n) => n > 0;
    return check(count);
  }

  Basket<T> operator +(Basket<T> other) => this;

  void clear();

  external static int native();
}

extension Shouting on String {
  String shout() => toUpperCase();
}

class _Line {}

int total(List<Item> items) {
  return items.length;
}

void main() => print(total([]));
