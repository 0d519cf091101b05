// SPDX-License-Identifier: MIT
//! Few actors, many messages: pingpong, counting, ring, mailbox, filterbank.
use crate::bench::*;

// ---- pingpong
pub async fn pingpong(n: u64, _k: u64) -> Res {
    let t = Instant::now();
    let (ping, mut ping_rx) = chan::<u64>();
    let (pong, mut pong_rx) = chan::<u64>();
    spawn(async move {
        while let Some(v) = pong_rx.recv().await {
            let _ = ping.send(v);
        }
    });
    let h = spawn(async move {
        let mut c = 0;
        for i in 0..n {
            let _ = pong.send(i);
            ping_rx.recv().await.unwrap();
            c += 1;
        }
        c
    });
    num(t, 2 * n, h.await.unwrap(), n)
}

// ---- counting
enum Count {
    Inc,
    Get(Tx<u64>),
}

pub async fn counting(n: u64, _k: u64) -> Res {
    let t = Instant::now();
    let (counter, mut rx) = chan::<Count>();
    spawn(async move {
        let mut c = 0u64;
        while let Some(m) = rx.recv().await {
            match m {
                Count::Inc => c += 1,
                Count::Get(to) => {
                    let _ = to.send(c);
                }
            }
        }
    });
    let h = spawn(async move {
        let (me, mut rx) = chan::<u64>();
        for _ in 0..n {
            let _ = counter.send(Count::Inc);
        }
        let _ = counter.send(Count::Get(me));
        rx.recv().await.unwrap()
    });
    num(t, n + 2, h.await.unwrap(), n)
}

// ---- ring
pub async fn ring(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (done, mut done_rx) = chan::<u64>();
    let (first, mut self_rx) = chan::<u64>();
    for i in 0..k {
        let (next, next_rx) = if i + 1 == k { (first.clone(), None) } else { let (a, b) = chan(); (a, Some(b)) };
        let mut rx = self_rx;
        let done = done.clone();
        spawn(async move {
            while let Some(left) = rx.recv().await {
                if left == 0 {
                    let _ = done.send(n);
                    return;
                }
                let _ = next.send(left - 1);
            }
        });
        match next_rx {
            Some(r) => self_rx = r,
            None => break,
        }
    }
    let _ = first.send(n - 1);
    num(t, n, done_rx.recv().await.unwrap(), n)
}

// ---- mailbox
pub async fn mailbox(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (tx, mut rx) = chan::<u64>();
    let total = n * k;
    let h = spawn(async move {
        let mut c = 0;
        while c < total {
            rx.recv().await.unwrap();
            c += 1;
        }
        c
    });
    for _ in 0..k {
        let tx = tx.clone();
        spawn(async move {
            for j in 0..n {
                let _ = tx.send(j);
            }
        });
    }
    num(t, total, h.await.unwrap(), total)
}

// ---- filterbank
pub async fn filterbank(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (mut next, mut rx) = chan::<u64>();
    let h = spawn(async move {
        let mut s = 0;
        for _ in 0..n {
            s += rx.recv().await.unwrap();
        }
        s
    });
    for _ in 0..k {
        let (me, mut rx) = chan::<u64>();
        spawn(async move {
            while let Some(v) = rx.recv().await {
                let _ = next.send(v + 1);
            }
        });
        next = me;
    }
    spawn(async move {
        for i in 0..n {
            let _ = next.send(i);
        }
    });
    num(t, n * (k + 1), h.await.unwrap(), n * (n - 1) / 2 + n * k)
}
