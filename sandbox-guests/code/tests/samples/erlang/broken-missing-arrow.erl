-module(files).
-export([read/1]).

-spec read(file:filename()) -> [binary()].
read(Path) ->
    try file:read_file(Path) of
        {ok, Text} binary:split(Text, <<"\n">>, [global]);
        {error, _} -> []
    catch
        error:Reason -> [atom_to_binary(Reason)]
    end.
