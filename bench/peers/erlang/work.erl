%% SPDX-License-Identifier: MIT
%% Actors that compute: philosopher, nqueens, bndbuffer, radixsort.
-module(work).
-export([philosopher/2, nqueens/2, bndbuffer/2, radixsort/2]).
-include("bench.hrl").

%% ---- philosopher
philosopher(N, K) ->
    T = now_ns(),
    Self = self(),
    Arb = spawn(fun() -> arbiter(0, K, 0, Self) end),
    [spawn(fun() ->
                   Mask = (1 bsl I) bor (1 bsl ((I + 1) rem K)),
                   Arb ! {hungry, self(), Mask},
                   phil(0, N, Mask, Arb)
           end) || I <- lists:seq(0, K - 1)],
    C = receive {sum, S} -> S end,
    num(T, 3 * N * K, C, N * K).

arbiter(_, 0, Sum, Main) -> Main ! {sum, Sum};
arbiter(Used, K, Sum, Main) ->
    receive
        {hungry, From, Mask} when Used band Mask =:= 0 -> From ! eat, arbiter(Used bor Mask, K, Sum, Main);
        {hungry, From, _} -> From ! denied, arbiter(Used, K, Sum, Main);
        {done, Mask} -> arbiter(Used bxor Mask, K, Sum, Main);
        {exit, C} -> arbiter(Used, K - 1, Sum + C, Main)
    end.

phil(Eats, N, Mask, Arb) ->
    receive
        denied -> Arb ! {hungry, self(), Mask}, phil(Eats, N, Mask, Arb);
        eat when Eats + 1 =:= N -> Arb ! {done, Mask}, Arb ! {exit, N};
        eat -> Arb ! {done, Mask}, Arb ! {hungry, self(), Mask}, phil(Eats + 1, N, Mask, Arb)
    end.

%% ---- nqueens
nqueens(Size, K) ->
    T = now_ns(),
    Self = self(),
    Workers = [spawn(fun() -> nq_worker(Size, Self) end) || _ <- lists:seq(1, K)],
    W = list_to_tuple(Workers),
    element(1, W) ! {work, [], 0},
    {Sols, Total} = nq_master(1, 1 rem K, K, W, 0, 1),
    Want = maps:get(Size, #{8 => 92, 9 => 352, 10 => 724, 11 => 2680, 12 => 14200, 13 => 73712}),
    num(T, 3 * Total, Sols, Want).

nq_master(0, _, _, _, Sols, Total) -> {Sols, Total};
nq_master(Out, Next, K, W, Sols, Total) ->
    receive
        {done, S} -> nq_master(Out - 1, Next, K, W, Sols + S, Total);
        {work, _, _} = M ->
            element(Next + 1, W) ! M,
            nq_master(Out + 1, (Next + 1) rem K, K, W, Sols, Total + 1)
    end.

nq_worker(Size, Master) ->
    receive
        {work, Board, Depth} when Depth >= 4; Depth =:= Size ->
            Master ! {done, nq_seq(Board, Depth, Size)},
            nq_worker(Size, Master);
        {work, Board, Depth} ->
            nq_expand(Size, Board, Depth, Master),
            Master ! {done, 0},
            nq_worker(Size, Master)
    end.

nq_expand(0, _, _, _) -> ok;
nq_expand(C, Board, Depth, Master) ->
    case safe(Board, C, 1) of
        true -> Master ! {work, [C | Board], Depth + 1};
        false -> ok
    end,
    nq_expand(C - 1, Board, Depth, Master).

safe([Q | _], Q, _) -> false;
safe([Q | _], C, D) when Q - C =:= D; C - Q =:= D -> false;
safe([_ | T], C, D) -> safe(T, C, D + 1);
safe([], _, _) -> true.

nq_seq(_, Size, Size) -> 1;
nq_seq(Board, Depth, Size) -> nq_cols(Size, Board, Depth, Size, 0).

nq_cols(0, _, _, _, S) -> S;
nq_cols(C, Board, Depth, Size, S) ->
    case safe(Board, C, 1) of
        true -> nq_cols(C - 1, Board, Depth, Size, S + nq_seq([C | Board], Depth + 1, Size));
        false -> nq_cols(C - 1, Board, Depth, Size, S)
    end.

%% ---- bndbuffer
bndbuffer(N, K) ->
    T = now_ns(),
    Self = self(),
    Limit = max(1, 50 - K),
    Mgr = spawn(fun() -> receive {start, Ps, Cs} ->
                                 [P ! produce || P <- Ps],
                                 bb(queue:new(), 0, queue:new(), queue:from_list(Cs), K, K, K, Limit),
                                 [C ! stop || C <- Cs]
                         end
                end),
    Ps = [spawn(fun() -> producer(N, 0.0, Mgr) end) || _ <- lists:seq(1, K)],
    Cs = [spawn(fun() -> consumer(0, 0.0, Mgr, Self) end) || _ <- lists:seq(1, K)],
    Mgr ! {start, Ps, Cs},
    C = bb_sum(K, 0),
    num(T, 4 * N * K, C, N * K).

bb_sum(0, S) -> S;
bb_sum(K, S) -> receive {consumed, C} -> bb_sum(K - 1, S + C) end.

work(0, X) -> X;
work(I, X) -> work(I - 1, X + math:sin(?ARG + X)).

producer(0, _, Mgr) -> receive produce -> Mgr ! exit end;
producer(N, X, Mgr) ->
    receive produce ->
            Item = work(25, X),
            Mgr ! {data, self(), Item},
            producer(N - 1, Item, Mgr)
    end.

consumer(Got, Acc, Mgr, Main) ->
    receive
        {data, V} ->
            Acc1 = work(25, Acc + V),
            Mgr ! {available, self()},
            consumer(Got + 1, Acc1, Mgr, Main);
        stop -> Main ! {consumed, Got}
    end.

%% Pending, its length, waiting producers, waiting consumers, their number, producers left
bb(_, _, _, _, K, 0, K, _) -> ok;
bb(Pend, Len, Prods, Cons, NC, Left, K, Limit) ->
    receive
        {data, From, V} ->
            {Pend1, Len1, Cons1, NC1} =
                case queue:out(Cons) of
                    {{value, C}, Q} -> C ! {data, V}, {Pend, Len, Q, NC - 1};
                    {empty, _} -> {queue:in(V, Pend), Len + 1, Cons, NC}
                end,
            if Len1 >= Limit -> bb(Pend1, Len1, queue:in(From, Prods), Cons1, NC1, Left, K, Limit);
               true -> From ! produce, bb(Pend1, Len1, Prods, Cons1, NC1, Left, K, Limit)
            end;
        {available, From} ->
            case queue:out(Pend) of
                {empty, _} -> bb(Pend, Len, Prods, queue:in(From, Cons), NC + 1, Left, K, Limit);
                {{value, V}, Q} ->
                    From ! {data, V},
                    case queue:out(Prods) of
                        {{value, P}, PQ} -> P ! produce, bb(Q, Len - 1, PQ, Cons, NC, Left, K, Limit);
                        {empty, _} -> bb(Q, Len - 1, Prods, Cons, NC, Left, K, Limit)
                    end
            end;
        exit -> bb(Pend, Len, Prods, Cons, NC, Left - 1, K, Limit)
    end.

%% ---- radixsort
radixsort(N, K) ->
    T = now_ns(),
    Self = self(),
    Sink = spawn_opt(fun() -> Self ! {sorted, rs_check(N, 0, 1)} end, [?OFF]),
    First = lists:foldl(fun(Bit, Next) -> spawn_opt(fun() -> rs_sort(N, 1 bsl Bit, Next, []) end, [?OFF]) end,
                        Sink, lists:seq(K - 1, 0, -1)),
    spawn(fun() -> rs_source(N, 42, First) end),
    C = receive {sorted, V} -> V end,
    num(T, N * (K + 1), C, 1).

rs_source(0, _, _) -> ok;
rs_source(N, X0, First) ->
    X = (X0 * 6364136223846793005 + 1442695040888963407) band 16#ffffffffffffffff,
    First ! X bsr 4,
    rs_source(N - 1, X, First).

rs_sort(0, _, Next, Kept) -> rs_flush(lists:reverse(Kept), Next);
rs_sort(N, Mask, Next, Kept) ->
    receive
        V when V band Mask =:= 0 -> Next ! V, rs_sort(N - 1, Mask, Next, Kept);
        V -> rs_sort(N - 1, Mask, Next, [V | Kept])
    end.

rs_flush([], _) -> ok;
rs_flush([V | T], Next) -> Next ! V, rs_flush(T, Next).

rs_check(0, _, Ok) -> Ok;
rs_check(N, Prev, Ok) -> receive V when V >= Prev -> rs_check(N - 1, V, Ok); V -> rs_check(N - 1, V, 0) end.
