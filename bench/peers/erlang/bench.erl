%% SPDX-License-Identifier: MIT
%% bench WORKLOAD [--n N] [--k K] [--threads T]: one line, peer,workload,threads,messages,seconds,rss_kb,check
%% Exit status: 0 all is well, 1 the check is wrong, 2 the command line is wrong. What each workload does: bench/README.md.
-module(bench).
-export([main/0, kb/1]).
-include("bench.hrl").

main() ->
    {W, {F, N0, K0}, Opts} = arguments(init:get_plain_arguments()),
    N = maps:get("--n", Opts, N0),
    K = maps:get("--k", Opts, K0),
    Self = self(),
    {Pid, Ref} = spawn_opt(fun() -> Self ! {res, F(N, K)} end, [monitor, ?OFF]),
    receive
        {res, {Msgs, Ns, Rss0, Check, Ok}} ->
            Rss = case Rss0 of undefined -> kb("VmHWM:"); _ -> Rss0 end,
            io:format("erlang,~s,~w,~w,~.6f,~w,~s~n",
                      [W, erlang:system_info(schedulers_online), Msgs, Ns / 1.0e9, Rss, Check]),
            halt(case Ok of true -> 0; false -> 1 end);
        {'DOWN', Ref, process, Pid, Why} ->
            io:format(standard_error, "died: ~p~n", [Why]),
            halt(1)
    end.

arguments([W | Rest]) ->
    case table() of
        #{W := Entry} -> {W, Entry, opts(Rest, #{})};
        _ -> refuse("no such workload")
    end;
arguments([]) -> refuse("no workload").

opts([O, V | T], M) when O =:= "--n"; O =:= "--k"; O =:= "--threads" ->
    case string:to_integer(V) of
        {I, ""} when is_integer(I), I > 0 -> opts(T, M#{O => I});
        _ -> refuse("not a number above 0: " ++ V)
    end;
opts([], M) -> M;
opts([O | _], _) -> refuse("unknown or without a number: " ++ O).

refuse(Why) ->
    io:format(standard_error, "~s~nusage: bench WORKLOAD [--n N] [--k K] [--threads T]~n", [Why]),
    halt(2).

table() ->
    #{"pingpong" => {fun messages:pingpong/2, 2000000, 0},
      "counting" => {fun messages:counting/2, 5000000, 0},
      "ring" => {fun messages:ring/2, 5000000, 100},
      "mailbox" => {fun messages:mailbox/2, 200000, 20},
      "filterbank" => {fun messages:filterbank/2, 1000000, 8},
      "fjthrput" => {fun creation:fjthrput/2, 50000, 60},
      "fjcreate" => {fun creation:fjcreate/2, 400000, 0},
      "fib" => {fun creation:fib/2, 25, 0},
      "skynet" => {fun creation:skynet/2, 1000000, 0},
      "idle" => {fun creation:idle/2, 1000000, 0},
      "chameneos" => {fun protocols:chameneos/2, 1000000, 100},
      "big" => {fun protocols:big/2, 20000, 120},
      "banking" => {fun protocols:banking/2, 500000, 1000},
      "philosopher" => {fun work:philosopher/2, 20000, 20},
      "nqueens" => {fun work:nqueens/2, 12, 20},
      "bndbuffer" => {fun work:bndbuffer/2, 2000, 40},
      "radixsort" => {fun work:radixsort/2, 100000, 60},
      "latency" => {fun latency:latency/2, 200000, 1000}}.

%% A number from /proc/self/status, in kB.
kb(Key) ->
    {ok, B} = file:read_file("/proc/self/status"),
    {match, [V]} = re:run(B, Key ++ "\\s+(\\d+)", [{capture, [1], list}]),
    list_to_integer(V).
