defmodule Accounts do
  def transfer(from, to, amount) do
    with {:ok, a} <- fetch(from),
         {:ok, b} <- fetch(to),
         true <- a.balance >= amount do
      {:ok, %{a | balance: a.balance - amount}, %{b | balance: b.balance + amount}}
    else
      false -> {:error, :insufficient}
      {:error, reason} -> {:error, reason}
    end
  end

  defp fetch(id) do
    case Registry.lookup(__MODULE__, id) do
      [{pid, _}] -> {:ok, :sys.get_state(pid)}
      [] -> {:error, :not_found}
    end
  rescue
    ArgumentError -> {:error, :no_registry}
  end
end
