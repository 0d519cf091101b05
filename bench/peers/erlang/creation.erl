%% SPDX-License-Identifier: MIT
%% Many actors: fjthrput, fjcreate, fib, skynet, idle.
-module(creation).
-export([fjthrput/2, fjcreate/2, fib/2, skynet/2, idle/2]).
-include("bench.hrl").

%% ---- fjthrput
fjthrput(N, K) ->
    T = now_ns(),
    Self = self(),
    Pids = [spawn_opt(fun() -> Self ! {done, fj_loop(N, ?ARG, 0.0)} end, [?OFF]) || _ <- lists:seq(1, K)],
    fj_rounds(N, Pids),
    C = collect(K, 0),
    num(T, N * K, C, K).

fj_loop(0, _, Acc) -> Acc;
fj_loop(N, X, Acc) -> receive work -> fj_loop(N - 1, X, Acc + compute(X)) end.

fj_rounds(0, _) -> ok;
fj_rounds(N, Pids) -> fj_send(Pids), fj_rounds(N - 1, Pids).

fj_send([P | T]) -> P ! work, fj_send(T);
fj_send([]) -> ok.

collect(0, C) -> C;
collect(K, C) -> receive {done, V} when V > 0.0 -> collect(K - 1, C + 1) end.

%% ---- fjcreate
fjcreate(N, _) ->
    T = now_ns(),
    fjc(N, self(), ?ARG),
    C = collect(N, 0),
    num(T, 2 * N, C, N).

fjc(0, _, _) -> ok;
fjc(N, Main, X) ->
    P = spawn(fun() -> receive work -> Main ! {done, compute(X)} end end),
    P ! work,
    fjc(N - 1, Main, X).

%% ---- fib
fib(N, _) ->
    T = now_ns(),
    P = spawn(fun fib_actor/0),
    P ! {req, N, self()},
    R = receive V -> V end,
    F = fib_num(N),
    num(T, 2 * (2 * F - 1), R, F).

fib_actor() ->
    receive
        {req, N, Parent} when N =< 2 -> Parent ! 1;
        {req, N, Parent} ->
            Self = self(),
            A = spawn(fun fib_actor/0),
            A ! {req, N - 1, Self},
            B = spawn(fun fib_actor/0),
            B ! {req, N - 2, Self},
            receive X -> receive Y -> Parent ! X + Y end end
    end.

fib_num(N) -> fib_num(N, 0, 1).
fib_num(0, A, _) -> A;
fib_num(N, A, B) -> fib_num(N - 1, B, A + B).

%% ---- skynet
skynet(N, _) ->
    T = now_ns(),
    P = spawn(fun sky_actor/0),
    P ! {0, N, self()},
    R = receive V -> V end,
    num(T, 2 * sky_nodes(N, 0), R, N * (N - 1) div 2).

sky_actor() ->
    receive
        {Num, 1, Parent} -> Parent ! Num;
        {Num, Size, Parent} ->
            Sub = Size div 10,
            sky_kids(10, Num, Sub, self()),
            Parent ! sky_sum(10, 0)
    end.

sky_kids(0, _, _, _) -> ok;
sky_kids(I, Num, Sub, Self) ->
    P = spawn(fun sky_actor/0),
    P ! {Num, Sub, Self},
    sky_kids(I - 1, Num + Sub, Sub, Self).

sky_sum(0, S) -> S;
sky_sum(I, S) -> receive V -> sky_sum(I - 1, S + V) end.

sky_nodes(0, C) -> C;
sky_nodes(N, C) -> sky_nodes(N div 10, C + N).

%% ---- idle
idle(N, _) ->
    Cnt = counters:new(1, [write_concurrency]),
    %% the table of pids lives in a heap that is already there and touched
    {_, Ref} = spawn_opt(fun() -> exit({ok, idle_run(N, Cnt)}) end,
                         [monitor, {min_heap_size, 3 * N + 100000}]),
    receive {'DOWN', Ref, _, _, {ok, R}} -> R end.

idle_run(N, Cnt) ->
    _ = length(lists:seq(1, N)),           % touch the heap that the pid list will use
    garbage_collect(),
    Before = bench:kb("VmRSS:"),
    T = now_ns(),
    Pids = idle_spawn(N, Cnt, []),
    E = now_ns(),
    settle(),
    After = bench:kb("VmRSS:"),
    [P ! go || P <- Pids],
    C = idle_wait(N, Cnt, 20000),
    {N, E - T, After - Before, integer_to_list(C), C =:= N}.

idle_spawn(0, _, Acc) -> Acc;
idle_spawn(N, Cnt, Acc) -> idle_spawn(N - 1, Cnt, [spawn(fun() -> idle_actor(N, Cnt) end) | Acc]).

idle_actor(State, Cnt) -> receive go when State > 0 -> counters:add(Cnt, 1, 1) end.

settle() ->
    case erlang:statistics(total_run_queue_lengths) of
        0 -> timer:sleep(20);
        _ -> timer:sleep(5), settle()
    end.

idle_wait(N, Cnt, Tries) ->
    case counters:get(Cnt, 1) of
        N -> N;
        C when Tries =:= 0 -> C;
        _ -> timer:sleep(1), idle_wait(N, Cnt, Tries - 1)
    end.
