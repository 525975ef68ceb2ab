defmodule Hello do
  @moduledoc "Greets."

  @doc "The greeting."
  def hello, do: :world end
end
