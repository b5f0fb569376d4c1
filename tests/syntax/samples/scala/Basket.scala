package com.example
package shop

import scala.collection.mutable

/** Something that happened. */
sealed trait Event {
  def at: Long
  val name: String = "event"
}

object Event {
  final case class Added(item: Item, at: Long) extends Event
  case object Cleared extends Event { def at = 0L }
}

// What one buys.
@deprecated("use Cart", "2.0")
abstract class Basket[T <: Item](val owner: Person, private var count: Int = 0)
    extends Base
    with Ordered[Basket[T]] {
  type Key = String
  private val items = mutable.ListBuffer.empty[T]
  var total, rest: Int = 0

  def this(owner: Person) = this(owner, 0)

  /** Adds an item. */
  def add(item: T)(implicit order: Ordering[T]): Boolean = {
    def check(n: Int): Boolean = n > 0
    val local = 1
    check(local)
  }

  def +(other: Basket[T]): Basket[T] = this

  protected def compareKey: Key

  class Line {
    def price = 0
  }
}

object Basket {
  val Empty = 0
  def apply(owner: Person): Basket[Item] = ???
  implicit class Rich(val basket: Basket[Item]) extends AnyVal
}

enum Color(val rgb: Int):
  case Red extends Color(0xff0000)
  case Green, Blue

given Ordering[Item] with
  def compare(a: Item, b: Item) = 0

extension (text: String)
  def shout: String = text.toUpperCase

def topLevel(n: Int): Int =
  n + 1
