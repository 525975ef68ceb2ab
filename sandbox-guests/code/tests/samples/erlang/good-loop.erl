-module(loop).
-export([start/0]).

start() ->
    spawn(fun() -> loop(0) end).

loop(N) ->
    receive
        {add, M} when is_integer(M) -> loop(N + M);
        {get, From} -> From ! {self(), N}, loop(N)
    after 5000 ->
        io:format("~p~n", [N])
    end.
