// SPDX-License-Identifier: MIT
//! Actors that talk with many others: chameneos, big, banking.
use crate::bench::*;

// ---- chameneos
enum Cham {
    Meet(u8, Tx<Cham>),
    Change(u8),
    Exit,
    Count(u64),
}

fn complement(a: u8, b: u8) -> u8 {
    if a == b { a } else { 3 - a - b }
}

pub async fn chameneos(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (mall, mut mall_rx) = chan::<Cham>();
    let h = spawn(async move {
        let mut waiting: Option<Tx<Cham>> = None;
        let (mut left, mut faded, mut sum) = (n, 0, 0);
        while let Some(m) = mall_rx.recv().await {
            match m {
                Cham::Meet(c, from) => {
                    if left == 0 {
                        let _ = from.send(Cham::Exit);
                    } else if let Some(w) = waiting.take() {
                        left -= 1;
                        let _ = w.send(Cham::Meet(c, from));
                    } else {
                        waiting = Some(from);
                    }
                }
                Cham::Count(c) => {
                    sum += c;
                    faded += 1;
                    if faded == k {
                        break;
                    }
                }
                _ => {}
            }
        }
        sum
    });
    for i in 0..k {
        let mall = mall.clone();
        let (me, mut rx) = chan::<Cham>();
        spawn(async move {
            let mut color = (i % 3) as u8;
            let mut meetings = 0;
            let _ = mall.send(Cham::Meet(color, me.clone()));
            while let Some(m) = rx.recv().await {
                match m {
                    Cham::Meet(c, from) => {
                        color = complement(color, c);
                        let _ = from.send(Cham::Change(color));
                    }
                    Cham::Change(c) => color = c,
                    _ => {
                        let _ = mall.send(Cham::Count(meetings));
                        return;
                    }
                }
                meetings += 1;
                let _ = mall.send(Cham::Meet(color, me.clone()));
            }
        });
    }
    num(t, 4 * n, h.await.unwrap(), 2 * n)
}

// ---- big
#[derive(Clone, Copy)]
enum Big {
    Ping(u32),
    Pong,
    Exit,
}

pub async fn big(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (txs, rxs): (Vec<Tx<Big>>, Vec<Rx<Big>>) = (0..k).map(|_| chan()).unzip();
    let txs = Arc::new(txs);
    let (sink, mut sink_rx) = chan::<u32>();
    for (id, mut rx) in rxs.into_iter().enumerate() {
        let txs = txs.clone();
        let sink = sink.clone();
        spawn(async move {
            let mut x = (id as u32).wrapping_mul(2654435761).wrapping_add(1);
            let mut send = || {
                x = lcg(x);
                let mut to = (x >> 8) as usize % (k as usize - 1);
                if to >= id {
                    to += 1;
                }
                let _ = txs[to].send(Big::Ping(id as u32));
            };
            let mut sent = 1;
            send();
            while let Some(m) = rx.recv().await {
                match m {
                    Big::Ping(from) => {
                        let _ = txs[from as usize].send(Big::Pong);
                    }
                    Big::Pong => {
                        if sent < n {
                            sent += 1;
                            send();
                        } else {
                            let _ = sink.send(id as u32);
                        }
                    }
                    Big::Exit => return,
                }
            }
        });
    }
    let mut got = 0;
    while got < k {
        sink_rx.recv().await.unwrap();
        got += 1;
    }
    let r = num(t, 2 * n * k, got, k);
    for tx in txs.iter() {
        let _ = tx.send(Big::Exit);
    }
    r
}

// ---- banking
enum Bank {
    Transfer(u32, i64),
    Credit(i64, oneshot::Sender<()>),
    Stop,
}

pub async fn banking(n: u64, k: u64) -> Res {
    let t = Instant::now();
    let (txs, rxs): (Vec<Tx<Bank>>, Vec<Rx<Bank>>) = (0..k).map(|_| chan()).unzip();
    let txs = Arc::new(txs);
    let (teller, mut teller_rx) = chan::<()>();
    for mut rx in rxs {
        let txs = txs.clone();
        let teller = teller.clone();
        spawn(async move {
            let mut balance = 1i64 << 40;
            while let Some(m) = rx.recv().await {
                match m {
                    Bank::Credit(a, reply) => {
                        balance += a;
                        let _ = reply.send(());
                    }
                    Bank::Transfer(dst, a) => {
                        balance -= a;
                        let (r, w) = oneshot::channel();
                        let _ = txs[dst as usize].send(Bank::Credit(a, r));
                        let _ = w.await; // nothing else is handled until the reply
                        let _ = teller.send(());
                    }
                    Bank::Stop => break,
                }
            }
            black_box(balance);
        });
    }
    let mut x = 123456u32;
    for _ in 0..n {
        x = lcg(x);
        let src = (x >> 8) as u64 % (k / 10 * 8);
        x = lcg(x);
        let d = ((x >> 8) as u64 % (k - src)).max(1);
        let _ = txs[src as usize].send(Bank::Transfer((src + d) as u32, (x >> 8) as i64 % 1000));
    }
    let mut got = 0;
    while got < n {
        teller_rx.recv().await.unwrap();
        got += 1;
    }
    let r = num(t, 4 * n, got, n);
    for tx in txs.iter() {
        let _ = tx.send(Bank::Stop);
    }
    r
}
