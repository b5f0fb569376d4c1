"""
A basket.
"""
module Shop

using LinearAlgebra
export Basket, add!

const MAX_ITEMS = 100
counter = 0

abstract type Priced end

"What one buys."
mutable struct Basket{T<:Real} <: Priced
    items::Vector{T}
    owner

    Basket{T}() where {T} = new{T}(T[], nothing)
end

Base.@kwdef struct Item
    name::String = ""
end

primitive type Small 8 end

@enum Color red green

# Adds an item.
function add!(basket::Basket{T}, item::T; count=1) where {T}
    check(n) = n > 0
    function inner(x)
        x
    end
    push!(basket.items, item)
end

total(basket) = sum(basket.items)
area(x::Int)::Int = x * 2

function Base.show(io::IO, basket::Basket)
    print(io, "basket")
end

Base.length(b::Basket) = length(b.items)

@inline function fast(x)
    return x
end

macro debug(expression)
    return esc(expression)
end

a::Item + b::Item = a

function stub end

square = x -> x^2

module Inner
f(x) = x
end

end
