%% SPDX-License-Identifier: MIT
%% Actors that talk with many others: chameneos, big, banking.
-module(protocols).
-export([chameneos/2, big/2, banking/2]).
-include("bench.hrl").

%% ---- chameneos
chameneos(N, K) ->
    T = now_ns(),
    Self = self(),
    Mall = spawn(fun() -> mall(N, none, K, 0, Self) end),
    Colors = {blue, red, yellow},
    [spawn(fun() ->
                   C = element(I rem 3 + 1, Colors),
                   Mall ! {meet, C, self()},
                   cham(C, 0, Mall)
           end) || I <- lists:seq(0, K - 1)],
    C = receive {sum, S} -> S end,
    num(T, 4 * N, C, 2 * N).

mall(N, none, K, Sum, Main) when N > 0 ->
    receive {meet, _, From} -> mall(N, From, K, Sum, Main) end;
mall(N, Waiting, K, Sum, Main) when N > 0 ->
    receive {meet, _, _} = M -> Waiting ! M, mall(N - 1, none, K, Sum, Main) end;
mall(0, _, K, Sum, Main) -> mall_end(K, Sum, Main).

mall_end(0, Sum, Main) -> Main ! {sum, Sum};
mall_end(K, Sum, Main) ->
    receive
        {meet, _, From} -> From ! exit, mall_end(K, Sum, Main);
        {count, C} -> mall_end(K - 1, Sum + C, Main)
    end.

cham(Color, Meetings, Mall) ->
    receive
        {meet, Other, From} ->
            New = complement(Color, Other),
            From ! {change, New},
            Mall ! {meet, New, self()},
            cham(New, Meetings + 1, Mall);
        {change, New} ->
            Mall ! {meet, New, self()},
            cham(New, Meetings + 1, Mall);
        exit -> Mall ! {count, Meetings}
    end.

complement(C, C) -> C;
complement(blue, red) -> yellow;
complement(blue, yellow) -> red;
complement(red, blue) -> yellow;
complement(red, yellow) -> blue;
complement(yellow, blue) -> red;
complement(yellow, red) -> blue.

%% ---- big
big(N, K) ->
    T = now_ns(),
    Self = self(),
    Pids = [spawn(fun() -> big_init(I, N, K, Self) end) || I <- lists:seq(0, K - 1)],
    Tuple = list_to_tuple(Pids),
    [P ! {start, Tuple} || P <- Pids],
    C = big_sink(K, 0),
    R = num(T, 2 * N * K, C, K),
    [P ! exit || P <- Pids],
    R.

big_sink(0, C) -> C;
big_sink(K, C) -> receive done -> big_sink(K - 1, C + 1) end.

big_init(I, N, K, Sink) ->
    receive {start, Pids} ->
            X = big_ping((I * 2654435761 + 1) band 16#ffffffff, I, K, Pids),
            big_loop(X, I, K, N - 1, Pids, Sink)
    end.

big_ping(X0, I, K, Pids) ->
    X = lcg(X0),
    To = (X bsr 8) rem (K - 1),
    To1 = if To >= I -> To + 2; true -> To + 1 end,
    element(To1, Pids) ! self(),
    X.

big_loop(X, I, K, Left, Pids, Sink) ->
    receive
        From when is_pid(From) -> From ! pong, big_loop(X, I, K, Left, Pids, Sink);
        pong when Left > 0 -> big_loop(big_ping(X, I, K, Pids), I, K, Left - 1, Pids, Sink);
        pong -> Sink ! done, big_loop(X, I, K, Left, Pids, Sink);
        exit -> ok
    end.

%% ---- banking
banking(N, K) ->
    T = now_ns(),
    Self = self(),
    Pids = [spawn_opt(fun() -> receive {start, All} -> account(1 bsl 40, All, Self) end end,
                      [?OFF]) || _ <- lists:seq(1, K)],
    All = list_to_tuple(Pids),
    [P ! {start, All} || P <- Pids],
    teller(N, 123456, K, K div 10 * 8, All),
    C = bank_wait(N, 0),
    R = num(T, 4 * N, C, N),
    [P ! stop || P <- Pids],
    R.

teller(0, _, _, _, _) -> ok;
teller(N, X0, K, S, All) ->
    X1 = lcg(X0),
    Src = (X1 bsr 8) rem S,
    X2 = lcg(X1),
    D = case (X2 bsr 8) rem (K - Src) of 0 -> 1; V -> V end,
    element(Src + 1, All) ! {transfer, Src + D + 1, (X2 bsr 8) rem 1000},
    teller(N - 1, X2, K, S, All).

bank_wait(0, C) -> C;
bank_wait(N, C) -> receive done -> bank_wait(N - 1, C + 1) end.

account(Balance, All, Teller) ->
    receive
        {credit, From, Ref, A} -> From ! {Ref, ok}, account(Balance + A, All, Teller);
        {transfer, Dst, A} ->
            Ref = make_ref(),
            element(Dst, All) ! {credit, self(), Ref, A},
            receive {Ref, ok} -> ok end,     % selective: nothing else is handled
            Teller ! done,
            account(Balance - A, All, Teller);
        stop -> ok
    end.
