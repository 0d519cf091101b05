// SPDX-License-Identifier: MIT
//! Many actors: fjthrput, fjcreate, fib, skynet, idle.
use crate::bench::*;
use std::sync::atomic::{AtomicU64, Ordering::*};

// ---- fjthrput
pub async fn fjthrput(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (done, mut done_rx) = chan::<()>();
    let mut v = Vec::new();
    for _ in 0..k {
        let (tx, mut rx) = chan::<()>();
        v.push(tx);
        let done = done.clone();
        spawn(async move {
            for _ in 0..n {
                rx.recv().await.unwrap();
                compute();
            }
            let _ = done.send(());
        });
    }
    for _ in 0..n {
        for tx in &v {
            let _ = tx.send(());
        }
    }
    let mut got = 0;
    while got < k {
        done_rx.recv().await.unwrap();
        got += 1;
    }
    num(t, n * k, got, k)
}

// ---- fjcreate
pub async fn fjcreate(n: u64, _k: u64) -> Res {
    let t = Instant::now();
    let (done, mut done_rx) = chan::<()>();
    for _ in 0..n {
        let (tx, mut rx) = chan::<()>();
        let done = done.clone();
        spawn(async move {
            rx.recv().await.unwrap();
            compute();
            let _ = done.send(());
        });
        let _ = tx.send(());
    }
    let mut got = 0;
    while got < n {
        done_rx.recv().await.unwrap();
        got += 1;
    }
    num(t, 2 * n, got, n)
}

// ---- fib
enum Fib {
    Req(u32, Tx<Fib>),
    Resp(u64),
}

fn fib_spawn() -> Tx<Fib> {
    let (me, mut rx) = chan::<Fib>();
    let h = me.clone();
    spawn(async move {
        let (n, parent) = match rx.recv().await {
            Some(Fib::Req(n, p)) => (n, p),
            _ => return,
        };
        if n <= 2 {
            let _ = parent.send(Fib::Resp(1));
            return;
        }
        let _ = fib_spawn().send(Fib::Req(n - 1, me.clone()));
        let _ = fib_spawn().send(Fib::Req(n - 2, me));
        let mut s = 0;
        for _ in 0..2 {
            if let Some(Fib::Resp(v)) = rx.recv().await {
                s += v;
            }
        }
        let _ = parent.send(Fib::Resp(s));
    });
    h
}

fn fib_num(n: u64) -> u64 {
    let (mut a, mut b) = (0, 1);
    for _ in 0..n {
        (a, b) = (b, a + b);
    }
    a
}

pub async fn fib(n: u64, _k: u64) -> Res {
    let t = Instant::now();
    let (me, mut rx) = chan::<Fib>();
    let _ = fib_spawn().send(Fib::Req(n as u32, me));
    let r = match rx.recv().await {
        Some(Fib::Resp(v)) => v,
        _ => 0,
    };
    let f = fib_num(n);
    num(t, 2 * (2 * f - 1), r, f)
}

// ---- skynet
enum Sky {
    Req(u64, u64, Tx<Sky>),
    Sum(u64),
}

fn sky_spawn() -> Tx<Sky> {
    let (me, mut rx) = chan::<Sky>();
    let h = me.clone();
    spawn(async move {
        let (num, size, parent) = match rx.recv().await {
            Some(Sky::Req(n, s, p)) => (n, s, p),
            _ => return,
        };
        if size == 1 {
            let _ = parent.send(Sky::Sum(num));
            return;
        }
        let sub = size / 10;
        for i in 0..10 {
            let _ = sky_spawn().send(Sky::Req(num + i * sub, sub, me.clone()));
        }
        let mut s = 0;
        for _ in 0..10 {
            if let Some(Sky::Sum(v)) = rx.recv().await {
                s += v;
            }
        }
        let _ = parent.send(Sky::Sum(s));
    });
    h
}

fn sky_nodes(mut n: u64) -> u64 {
    let mut c = 0;
    while n > 0 {
        c += n;
        n /= 10;
    }
    c
}

pub async fn skynet(n: u64, _k: u64) -> Res {
    let t = Instant::now();
    let (me, mut rx) = chan::<Sky>();
    let _ = sky_spawn().send(Sky::Req(0, n, me));
    let r = match rx.recv().await {
        Some(Sky::Sum(v)) => v,
        _ => 0,
    };
    num(t, 2 * sky_nodes(n), r, n * (n - 1) / 2)
}

// ---- idle
pub async fn idle(n: u64, _k: u64) -> Res {
    let mut v: Vec<Option<Tx<u64>>> = vec![None; n as usize];
    for s in v.iter_mut() {
        *black_box(s) = None; // touch the table, so that it is not counted
    }
    let ready: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    let cnt: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(0)));
    let before = proc_kb("VmRSS");
    let t = Instant::now();
    for i in 0..n {
        let (tx, mut rx) = chan::<u64>();
        v[i as usize] = Some(tx);
        let mut state = black_box(i);
        spawn(async move {
            ready.fetch_add(1, Relaxed);
            if let Some(m) = rx.recv().await {
                state += m;
                if black_box(state) > 0 {
                    cnt.fetch_add(1, Relaxed);
                }
            }
        });
    }
    let seconds = t.elapsed().as_secs_f64();
    while ready.load(Relaxed) < n {
        tokio::task::yield_now().await;
    }
    let after = proc_kb("VmRSS");
    for tx in &v {
        let _ = tx.as_ref().unwrap().send(1);
    }
    loop {
        if cnt.load(Relaxed) == n {
            break;
        }
        tokio::task::yield_now().await;
    }
    let c = cnt.load(Relaxed);
    Res { messages: n, seconds, rss: Some(after - before), check: c.to_string(), ok: c == n }
}
