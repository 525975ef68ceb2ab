-module(server).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).

init([]) ->
    {ok, #{}}.

handle_call({get, Key}, _From, State) ->
    case maps:find(Key, State) of
        {ok, Value} -> {reply, Value, State};
        error -> {reply, none, State}.

handle_cast(stop, State) ->
    {stop, normal, State}.
