@file:JvmName("Baskets")

package com.example.shop

import kotlin.math.max

const val MAX_ITEMS = 100
val Basket.isEmpty: Boolean get() = items.isEmpty()
typealias Handler = (Event) -> Unit

/** Something that happened. */
sealed interface Event {
    data class Added(val item: Item, var count: Int = 1) : Event
    data object Cleared : Event
}

enum class State(val code: Int) {
    OPEN(1),
    CLOSED(2) {
        override fun next() = OPEN
    };

    open fun next(): State = CLOSED
}

// What one buys.
@Serializable
open class Basket<T : Item>(
    private val name: String,
    val owner: Person?,
) : Base(name), Comparable<Basket<T>> {
    val items = mutableListOf<T>()
    var total: Int = 0
        private set

    init {
        total = 0
    }

    constructor(name: String) : this(name, null)

    /** Adds an item. */
    @JvmOverloads
    fun add(item: T, count: Int = 1): Boolean {
        fun check(n: Int) = n > 0
        return check(count) && items.add(item)
    }

    operator fun plus(other: Basket<T>) = this

    companion object {
        const val VERSION = 1

        fun empty(): Basket<Item> = Basket("")
    }

    inner class Line {
        fun price() = 0
    }
}

fun interface Rule {
    fun holds(basket: Basket<*>): Boolean
}

object Registry {
    private val known = mutableMapOf<String, Basket<*>>()
}

suspend fun <T> List<T>.second(): T = this[1]

fun main() = println(object : Rule { override fun holds(basket: Basket<*>) = true })
