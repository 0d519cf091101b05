%% SPDX-License-Identifier: MIT
%% Few actors, many messages: pingpong, counting, ring, mailbox, filterbank.
-module(messages).
-export([pingpong/2, counting/2, ring/2, mailbox/2, filterbank/2]).
-include("bench.hrl").

%% ---- pingpong
pingpong(N, _) ->
    T = now_ns(),
    Self = self(),
    Ping = spawn(fun() -> receive {go, Pong} -> Self ! {pongs, ping(N, Pong, 0)} end end),
    Pong = spawn(fun() -> pong(Ping) end),
    Ping ! {go, Pong},
    C = receive {pongs, P} -> P end,
    num(T, 2 * N, C, N).

ping(0, Pong, C) -> Pong ! stop, C;
ping(N, Pong, C) ->
    Pong ! ping,
    receive pong -> ping(N - 1, Pong, C + 1) end.

pong(Ping) ->
    receive
        ping -> Ping ! pong, pong(Ping);
        stop -> ok
    end.

%% ---- counting
counting(N, _) ->
    T = now_ns(),
    Self = self(),
    Counter = spawn_opt(fun() -> counter(0) end, [?OFF]),
    spawn(fun() ->
                  produce(N, Counter),
                  Counter ! {get, self()},
                  receive {value, V} -> Self ! {done, V} end
          end),
    C = receive {done, V} -> V end,
    num(T, N + 2, C, N).

produce(0, _) -> ok;
produce(N, P) -> P ! increment, produce(N - 1, P).

counter(C) ->
    receive
        increment -> counter(C + 1);
        {get, From} -> From ! {value, C}, counter(C)
    end.

%% ---- ring
ring(N, K) ->
    T = now_ns(),
    Self = self(),
    First = spawn(fun() -> receive {next, Next} -> ring_loop(Next, Self, N) end end),
    Last = ring_make(K - 1, First, Self, N),
    First ! {next, Last},
    First ! N - 1,
    C = receive {done, H} -> H end,
    num(T, N, C, N).

ring_make(0, Next, _, _) -> Next;
ring_make(K, Next, Main, N) -> ring_make(K - 1, spawn(fun() -> ring_loop(Next, Main, N) end), Main, N).

ring_loop(Next, Main, N) ->
    receive
        0 -> Main ! {done, N}, ring_loop(Next, Main, N);
        Left -> Next ! Left - 1, ring_loop(Next, Main, N)
    end.

%% ---- mailbox
mailbox(N, K) ->
    T = now_ns(),
    Self = self(),
    Total = N * K,
    R = spawn_opt(fun() -> Self ! {done, mb_recv(Total, 0)} end, [?OFF]),
    [spawn(fun() -> mb_send(N, R) end) || _ <- lists:seq(1, K)],
    C = receive {done, V} -> V end,
    num(T, Total, C, Total).

mb_send(0, _) -> ok;
mb_send(N, R) -> R ! N, mb_send(N - 1, R).

mb_recv(0, C) -> C;
mb_recv(N, C) -> receive _ -> mb_recv(N - 1, C + 1) end.

%% ---- filterbank
filterbank(N, K) ->
    T = now_ns(),
    Self = self(),
    Sink = spawn_opt(fun() -> Self ! {sum, fb_sink(N, 0)} end, [?OFF]),
    First = lists:foldl(fun(_, Next) -> spawn_opt(fun() -> fb_stage(Next) end, [?OFF]) end, Sink, lists:seq(1, K)),
    spawn(fun() -> fb_source(0, N, First) end),
    C = receive {sum, S} -> S end,
    num(T, N * (K + 1), C, N * (N - 1) div 2 + N * K).

fb_source(N, N, First) -> First ! stop;
fb_source(I, N, First) -> First ! I, fb_source(I + 1, N, First).

fb_stage(Next) ->
    receive
        stop -> Next ! stop;
        V -> Next ! V + 1, fb_stage(Next)
    end.

fb_sink(0, S) -> S;
fb_sink(N, S) -> receive V -> fb_sink(N - 1, S + V) end.
