// SPDX-License-Identifier: MIT
//! Actors that compute: philosopher, nqueens, bndbuffer, radixsort.
use crate::bench::*;
use std::collections::VecDeque;

// ---- philosopher
enum Phil {
    Hungry(usize),
    Done(usize),
    Exit(u64),
}

pub async fn philosopher(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (arb, mut arb_rx) = chan::<Phil>();
    let (txs, rxs): (Vec<Tx<bool>>, Vec<Rx<bool>>) = (0..k).map(|_| chan()).unzip();
    let h = spawn(async move {
        let k = txs.len();
        let mut forks = vec![false; k];
        let (mut exits, mut sum) = (0, 0);
        while let Some(m) = arb_rx.recv().await {
            match m {
                Phil::Hungry(l) => {
                    let r = if l + 1 == k { 0 } else { l + 1 };
                    let ok = !(forks[l] || forks[r]);
                    if ok {
                        forks[l] = true;
                        forks[r] = true;
                    }
                    let _ = txs[l].send(ok);
                }
                Phil::Done(l) => {
                    let r = if l + 1 == k { 0 } else { l + 1 };
                    forks[l] = false;
                    forks[r] = false;
                }
                Phil::Exit(c) => {
                    sum += c;
                    exits += 1;
                    if exits == k {
                        break;
                    }
                }
            }
        }
        sum
    });
    for (id, mut rx) in rxs.into_iter().enumerate() {
        let arb = arb.clone();
        spawn(async move {
            let mut eats = 0;
            let _ = arb.send(Phil::Hungry(id));
            while let Some(ok) = rx.recv().await {
                if ok {
                    let _ = arb.send(Phil::Done(id));
                    eats += 1;
                    if eats == n {
                        let _ = arb.send(Phil::Exit(eats));
                        return;
                    }
                }
                let _ = arb.send(Phil::Hungry(id));
            }
        });
    }
    num(t, 3 * n * k, h.await.unwrap(), n * k)
}

// ---- nqueens
#[derive(Clone, Copy)]
struct Board {
    q: [i8; 16],
    depth: usize,
}

enum Nq {
    Work(Board),
    Done(u64),
}

fn valid(b: &Board, n: usize) -> bool {
    let c = b.q[n];
    for i in 0..n {
        let o = b.q[i];
        let d = (n - i) as i8;
        if o == c || o - c == d || c - o == d {
            return false;
        }
    }
    true
}

fn nq_seq(b: &mut Board, d: usize, size: usize) -> u64 {
    if d == size {
        return 1;
    }
    let mut s = 0;
    for c in 0..size {
        b.q[d] = c as i8;
        if valid(b, d) {
            s += nq_seq(b, d + 1, size);
        }
    }
    s
}

pub async fn nqueens(n: u64, k: u64) -> Res {
    const THRESHOLD: usize = 4;
    let size = n as usize;
    let t = Instant::now();
    let (master, mut rx) = chan::<Nq>();
    let mut workers = Vec::new();
    for _ in 0..k {
        let (tx, mut rx) = chan::<Board>();
        workers.push(tx);
        let master = master.clone();
        spawn(async move {
            while let Some(mut b) = rx.recv().await {
                let d = b.depth;
                if d >= THRESHOLD || d == size {
                    let _ = master.send(Nq::Done(nq_seq(&mut b, d, size)));
                    continue;
                }
                b.depth += 1;
                for c in 0..size {
                    b.q[d] = c as i8;
                    if valid(&b, d) {
                        let _ = master.send(Nq::Work(b));
                    }
                }
                let _ = master.send(Nq::Done(0));
            }
        });
    }
    let _ = workers[0].send(Board { q: [0; 16], depth: 0 });
    let (mut out, mut next, mut total, mut sols) = (1u64, 1 % workers.len(), 1, 0);
    while out > 0 {
        match rx.recv().await.unwrap() {
            Nq::Work(b) => {
                let _ = workers[next].send(b);
                next = (next + 1) % workers.len();
                out += 1;
                total += 1;
            }
            Nq::Done(s) => {
                sols += s;
                out -= 1;
            }
        }
    }
    let want = match n { 8 => 92, 9 => 352, 10 => 724, 11 => 2680, 12 => 14200, 13 => 73712, _ => 0 };
    num(t, 3 * total, sols, want)
}

// ---- bndbuffer
enum Buf {
    Data(usize, f64),
    Avail(usize),
    Exit,
}

fn work(mut x: f64) -> f64 {
    for _ in 0..25 {
        x += (black_box(37.2f64) + x).sin();
    }
    x
}

pub async fn bndbuffer(n: u64, k: u64) -> Res {
    const BUFSIZE: i64 = 50;
    let t = Instant::now();
    let limit = (BUFSIZE - k as i64).max(1) as usize;
    let (mgr, mut mgr_rx) = chan::<Buf>();
    let mut prods = Vec::new();
    let mut cons = Vec::new();
    let mut handles = Vec::new();
    for id in 0..k as usize {
        let (tx, mut rx) = chan::<()>();
        prods.push(tx);
        let m = mgr.clone();
        spawn(async move {
            let (mut item, mut left) = (0.0, n);
            while let Some(()) = rx.recv().await {
                if left == 0 {
                    let _ = m.send(Buf::Exit);
                    return;
                }
                left -= 1;
                item = work(item);
                let _ = m.send(Buf::Data(id, item));
            }
        });
        let (tx, mut rx) = chan::<f64>();
        cons.push(tx);
        let m = mgr.clone();
        handles.push(spawn(async move {
            let (mut got, mut acc) = (0u64, 0.0);
            while let Some(v) = rx.recv().await {
                acc = work(acc + v);
                got += 1;
                let _ = m.send(Buf::Avail(id));
            }
            black_box(acc);
            got
        }));
    }
    let h = spawn(async move {
        let k = k as usize;
        let mut pending = VecDeque::new();
        let mut aprod = VecDeque::new();
        let mut acons: VecDeque<usize> = (0..k).collect();
        for p in &prods {
            let _ = p.send(());
        }
        let mut exits = 0;
        while let Some(m) = mgr_rx.recv().await {
            match m {
                Buf::Data(id, v) => {
                    match acons.pop_front() {
                        Some(c) => {
                            let _ = cons[c].send(v);
                        }
                        None => pending.push_back(v),
                    }
                    if pending.len() >= limit {
                        aprod.push_back(id);
                    } else {
                        let _ = prods[id].send(());
                    }
                }
                Buf::Avail(id) => match pending.pop_front() {
                    None => acons.push_back(id),
                    Some(v) => {
                        let _ = cons[id].send(v);
                        if let Some(p) = aprod.pop_front() {
                            let _ = prods[p].send(());
                        }
                    }
                },
                Buf::Exit => exits += 1,
            }
            if exits == k && acons.len() == k {
                return; // drops the senders: the consumers end
            }
        }
    });
    h.await.unwrap();
    let mut sum = 0;
    for h in handles {
        sum += h.await.unwrap();
    }
    num(t, 4 * n * k, sum, n * k)
}

// ---- radixsort
pub async fn radixsort(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (mut next, mut rx) = chan::<u64>();
    let h = spawn(async move {
        let (mut prev, mut ok) = (0, 1);
        for _ in 0..n {
            let v = rx.recv().await.unwrap();
            if v < prev {
                ok = 0;
            }
            prev = v;
        }
        ok
    });
    for bit in (0..k).rev() {
        let (me, mut rx) = chan::<u64>();
        let mask = 1u64 << bit;
        spawn(async move {
            let mut kept = Vec::with_capacity((n / 2 + n / 16) as usize);
            for _ in 0..n {
                let v = rx.recv().await.unwrap();
                if v & mask == 0 {
                    let _ = next.send(v);
                } else {
                    kept.push(v);
                }
            }
            for v in kept {
                let _ = next.send(v);
            }
        });
        next = me;
    }
    spawn(async move {
        let mut x = 42u64;
        for _ in 0..n {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let _ = next.send(x >> 4);
        }
    });
    num(t, n * (k + 1), h.await.unwrap(), 1)
}
