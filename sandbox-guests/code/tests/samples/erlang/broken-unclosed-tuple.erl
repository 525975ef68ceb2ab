-module(cart).
-export([new/0, add/3, total/1]).

-record(cart, {owner, items = #{}}).

new() -> #cart{}.

add(Cart = #cart{items = Items}, Sku, Count) when Count > 0 ->
    Old = maps:get(Sku, Items, 0),
    Cart#cart{items = Items#{Sku => Old + Count}.

total(#cart{items = Items}) ->
    lists:sum(maps:values(Items)).
