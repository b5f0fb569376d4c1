defmodule Shop.Basket do
  @moduledoc """
  What one buys.
  """

  alias Shop.Item
  @max_items 100

  defstruct items: [], owner: nil

  @type t :: %__MODULE__{items: list()}

  defmodule FullError do
    defexception message: "full"
  end

  @doc """
  Adds an item.
  """
  @spec add(t(), Item.t()) :: t()
  def add(basket, item, count \\ 1)
  def add(%{items: items} = basket, item, count) when count > 0 do
    %{basket | items: [item | items]}
  end

  def add(basket, _item, _count), do: basket

  def empty, do: %__MODULE__{}

  # Only here.
  defp check(n) when is_integer(n) do
    inner = fn x -> x end
    inner.(n)
  end

  defmacro debug(expression) do
    quote do: IO.inspect(unquote(expression))
  end

  defguard is_small(n) when n < 10
  defdelegate size(basket), to: Enum, as: :count

  @callback price(Item.t()) :: integer()

  def left ~> right, do: {left, right}
end

defprotocol Shop.Priced do
  @doc "What it costs."
  def price(thing)
end

defimpl Shop.Priced, for: Shop.Item do
  def price(item), do: item.price
end

defmodule Shop.BasketTest do
  use ExUnit.Case

  describe "add/2" do
    test "adds an item" do
      assert true
    end
  end
end
