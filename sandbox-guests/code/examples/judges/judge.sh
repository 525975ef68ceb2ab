#!/bin/bash
# Judges for find-misses: `judge.sh LANGUAGE` reads a path a line and answers each with `good` or `bad`, by a tool of the
# language's own. Those for Node.js look for their packages below NODE_PATH, that for Kotlin takes KOTLIN_COMPILER, the
# folder of the compiler's archives. Swift and Gleam have none here.
here=$(dirname "$0")
each() {
    while IFS= read -r file; do
        if "$@" "$file" >/dev/null 2>&1 </dev/null; then echo good; else echo bad; fi
    done
}
case "$1" in
bash) each bash -n ;;
c) each gcc -x c -fsyntax-only -w ;;
cpp) each g++ -x c++ -std=c++20 -fsyntax-only -w ;;
csharp) each mcs --parse ;;
go) each gofmt -e ;;
lua) each luac5.4 -p ;;
php) each php -l ;;
rust) each rustc +nightly --edition 2024 -Z parse-crate-root-only --cap-lints allow ;;
zig) each zig ast-check ;;
python | json | toml | yaml) exec python3 -W ignore "$here/judge.py" "$1" ;;
javascript | typescript | tsx | css | html | dart) exec node --no-warnings --experimental-vm-modules "$here/judge.cjs" "$1" ;;
java) exec java "$here/Java.java" ;;
kotlin) exec java -cp "$KOTLIN_COMPILER/*" "$here/Kotlin.java" ;;
scala) exec java -cp "/usr/share/java/scala-compiler.jar:/usr/share/java/*" "$here/Scala.java" ;;
ruby) exec ruby -W0 -e '
    $stdout.sync = true
    STDIN.each_line do |path|
      begin
        RubyVM::InstructionSequence.compile(File.read(path.chomp, encoding: "UTF-8"))
        puts "good"
      rescue SyntaxError, StandardError
        puts "bad"
      end
    end' ;;
elixir) exec elixir -e '
    for line <- IO.stream(:stdio, :line) do
      text = line |> String.trim() |> File.read!()
      IO.puts(if match?({:ok, _}, Code.string_to_quoted(text)), do: "good", else: "bad")
    end' 2>/dev/null ;;
erlang) exec erl -noshell -eval '
    Loop = fun Loop() ->
      case io:get_line("") of
        eof -> halt();
        Line ->
          {ok, Forms} = epp_dodger:parse_file(string:trim(Line)),
          Bad = lists:any(fun(F) -> erl_syntax:type(F) =:= error_marker end, Forms),
          io:put_chars(if Bad -> "bad\n"; true -> "good\n" end),
          Loop()
      end
    end, Loop().' ;;
clojure) exec clojure -e '
    (doseq [path (line-seq (java.io.BufferedReader. *in*))]
      (println
        (try
          (binding [*read-eval* false *default-data-reader-fn* (fn [_ value] value)]
            (let [in (java.io.PushbackReader. (java.io.StringReader. (slurp path)))
                  end (Object.)
                  options {:eof end :read-cond :preserve}]
              (loop [] (when-not (identical? end (read options in)) (recur)))
              "good"))
          (catch Throwable _ "bad")))
      (flush))' ;;
*) echo "no judge of $1" >&2; exit 2 ;;
esac
