defmodule Report do
  alias Report.{Line, Page}

  def build(lines, width) when is_list(lines) do
    lines
    |> Enum.reject(fn line -> line == "" end)
    |> Enum.map(fn
      "#" <> title -> {:title, String.trim(title)}
      text -> {:text, wrap(text, width)}
    end)
    |> Enum.chunk_every(20)
  end

  defp wrap(text, width) do
    for word <- String.split(text), into: "" do
      if String.length(word) > width, do: "#{String.slice(word, 0, width)}-", else: word <> " "
    end
  end
end
