-module(bits).
-export([parse/1, even/1]).
-define(MAX, 16#ff).

parse(<<Size:16/big, Rest/binary>>) ->
    if
        Size > ?MAX -> {error, 'too big'};
        true -> {ok, Rest}
    end.

even(List) -> [N || N <- List, N rem 2 =:= 0.
