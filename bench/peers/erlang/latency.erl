%% SPDX-License-Identifier: MIT
%% One client asks one server while many pairs never pause.
-module(latency).
-export([latency/2]).
-include("bench.hrl").

%% ---- latency
latency(N, K) ->
    T = now_ns(),
    Self = self(),
    [begin
         A = spawn(fun bg_start/0),
         B = spawn(fun() -> bg(A) end),
         A ! {peer, B}
     end || _ <- lists:seq(1, K)],
    Server = spawn(fun server/0),
    spawn_opt(fun() -> Self ! {lat, client(N, Server, [])} end, [{min_heap_size, 4 * N + 10000}]),
    L = receive {lat, X} -> X end,
    E = now_ns(),
    S = list_to_tuple(lists:sort(L)),
    Q = fun(P) -> element(min(N, trunc(P * N) + 1), S) / 1000 end,
    {2 * N, E - T, undefined,
     io_lib:format("~.1f/~.1f/~.1f/~.1f", [Q(0.5), Q(0.99), Q(0.999), Q(1.0)]), true}.

bg_start() -> receive {peer, B} -> B ! ping, bg(B) end.
bg(Peer) -> receive ping -> Peer ! ping, bg(Peer) end.

server() -> receive {From, Ref, V} -> From ! {Ref, V + 1}, server() end.

client(0, _, Acc) -> Acc;
client(N, Server, Acc) ->
    S = now_ns(),
    Ref = make_ref(),
    Server ! {self(), Ref, N},
    receive {Ref, V} when V =:= N + 1 -> ok end,
    client(N - 1, Server, [now_ns() - S | Acc]).
