%% SPDX-License-Identifier: MIT
%% What all workloads share. An actor is a plain process.
-compile([inline, {inline_size, 60}, nowarn_unused_function]).

-define(ARG, 37.2).
%% For processes that are flooded: what waits in their queue is kept out of their heap, and so out of its collections.
-define(OFF, {message_queue_data, off_heap}).

%% A result: messages, nanoseconds, memory (undefined: the peak of the process), check, is it right.
now_ns() -> erlang:monotonic_time(nanosecond).

num(T, Msgs, Check, Want) ->
    E = now_ns(),
    {Msgs, E - T, undefined, integer_to_list(Check), Check =:= Want}.

lcg(X) -> (X * 1664525 + 1013904223) band 16#ffffffff.

compute(X) -> R = math:sin(X), R * R.
