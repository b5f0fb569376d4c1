// A store in all the styles that there are.
'use strict';

const LIMIT = 10;
let counter = 0, other;
var legacy;

/**
 * Adds an item.
 * @param {Item} item
 */
export function add(item) {
  const local = 1;
  function nested() {}
  return item + local;
}

export default class Store extends Base {
  #items = [];
  static defaults = { a: 1 };

  constructor(options) {
    super(options);
  }

  // Looks an item up.
  get first() {
    return this.#items[0];
  }

  static async *all() {}

  ['computed']() {}

  handle = (event) => {
    this.emit(event);
  };
}

function* ids() {
  yield 1;
}

const arrow = async (a, b) => a + b;
export const Klass = class Inner {
  run() {}
};

function Old() {}
Old.prototype.speak = function (words) {
  return words;
};
Old.make = () => new Old();
module.exports.helper = function helper() {};

const api = {
  list() {},
  remove: function (id) {},
  "update-all": () => {},
  size: 3,
};

const stores = {
  Memory: class {
    get() {}
  },
};

register(class Disk extends Store {});
