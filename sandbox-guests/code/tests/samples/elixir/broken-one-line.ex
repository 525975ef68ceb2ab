defmodule Guarded do
  def hello, do: :world end
  defmacro __using__(opts) do
    quote bind_quoted: [opts: opts] do
      @before_compile Guarded
      @limit Keyword.get(opts, :limit, 10)
    end
  end

  defmacro defguarded(name, do: body) do
    quote do
      def unquote(name)(value) when value < @limit do
        unquote(body)
      end
    end
  end

  def fields, do: ~w(id name end_date)a
end
