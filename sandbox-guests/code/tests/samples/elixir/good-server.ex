defmodule Shop.Cart do
  @moduledoc """
  Keeps the items of one cart.
  """
  use GenServer

  @type item :: %{sku: String.t(), count: pos_integer()}

  def start_link(opts \\ []) do
    GenServer.start_link(__MODULE__, %{}, name: opts[:name] || __MODULE__)
  end

  @impl true
  def init(state), do: {:ok, state}

  @impl true
  def handle_call({:add, %{sku: sku, count: n}}, _from, state) when n > 0 do
    state = Map.update(state, sku, n, &(&1 + n))
    {:reply, :ok, state}
  end

  def handle_call(:total, _from, state) do
    total = state |> Map.values() |> Enum.sum()
    {:reply, total, state}
  end
end
