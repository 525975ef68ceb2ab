defmodule CartTest do
  use ExUnit.Case, async: true

  describe "total/1" do
    setup do
      {:ok, cart: [%{price: 2.5, count: 2}, %{price: 1.0, count: 3}]}
    end

    test "sums price times count", %{cart: cart} do
      assert Cart.total(cart) == 8.0
    end

    test "is zero without items do
      assert_raise ArgumentError, ~r/empty/, fn -> Cart.total!([]) end
    end
  end
end
