// SPDX-License-Identifier: MIT
//! bench WORKLOAD [--n N] [--k K] [--threads T]: one line, peer,workload,threads,messages,seconds,rss_kb,check
//! Exit status: 0 all is well, 1 the check is wrong, 2 the command line is wrong. What each workload does: bench/README.md.
mod bench;
mod creation;
mod latency;
mod messages;
mod protocols;
mod work;
use crate::{bench::*, creation::*, latency::*, messages::*, protocols::*, work::*};

fn refuse(why: &str) -> ! {
    eprintln!("{why}\nusage: bench WORKLOAD [--n N] [--k K] [--threads T]");
    std::process::exit(2);
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let w = args.get(1).cloned().unwrap_or_default();
    let (mut n, mut k) = match w.as_str() {
        "pingpong" => (2_000_000, 0),
        "counting" => (5_000_000, 0),
        "ring" => (5_000_000, 100),
        "fjthrput" => (50_000, 60),
        "fjcreate" => (400_000, 0),
        "fib" => (25, 0),
        "chameneos" => (1_000_000, 100),
        "big" => (20_000, 120),
        "mailbox" => (200_000, 20),
        "skynet" | "idle" => (1_000_000, 0),
        "banking" => (500_000, 1000),
        "philosopher" => (20_000, 20),
        "nqueens" => (12, 20),
        "bndbuffer" => (2_000, 40),
        "radixsort" => (100_000, 60),
        "filterbank" => (1_000_000, 8),
        "latency" => (200_000, 1000),
        _ => refuse("no such workload"),
    };
    let mut threads = 2;
    let mut i = 2;
    while i < args.len() {
        let v = match args.get(i + 1).and_then(|v| v.parse::<u64>().ok()) {
            Some(v) if v > 0 => v,
            _ => refuse("an option wants a number above 0"),
        };
        match args[i].as_str() {
            "--n" => n = v,
            "--k" => k = v,
            "--threads" => threads = v as usize,
            _ => refuse("unknown option"),
        }
        i += 2;
    }
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
    let name = w.clone();
    // The workload's driver is itself a task: exactly `threads` threads run tasks.
    let mut r = rt
        .block_on(async move {
            macro_rules! go {
                ($($f:ident),*) => { match name.as_str() { $(stringify!($f) => spawn($f(n, k)).await,)* _ => unreachable!() } };
            }
            go!(pingpong, counting, ring, fjthrput, fjcreate, fib, chameneos, big, mailbox, skynet, idle, banking,
                philosopher, nqueens, bndbuffer, radixsort, filterbank, latency)
        })
        .unwrap();
    let rss = r.rss.take().unwrap_or_else(|| proc_kb("VmHWM"));
    println!("tokio,{},{},{},{:.6},{},{}", w, threads, r.messages, r.seconds, rss, r.check);
    std::process::exit(if r.ok { 0 } else { 1 });
}
