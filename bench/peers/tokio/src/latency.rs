// SPDX-License-Identifier: MIT
//! One client asks one server while many pairs never pause.
use crate::bench::*;

// ---- latency
pub async fn latency(n: u64, k: u64) -> Res {
    let t = Instant::now();
    for _ in 0..k {
        let (a, mut arx) = chan::<()>();
        let (b, mut brx) = chan::<()>();
        spawn(async move {
            while let Some(m) = arx.recv().await {
                let _ = b.send(m);
            }
        });
        spawn(async move {
            let _ = a.send(());
            while let Some(m) = brx.recv().await {
                let _ = a.send(m);
            }
        });
    }
    let (server, mut rx) = chan::<(u64, oneshot::Sender<u64>)>();
    spawn(async move {
        while let Some((v, reply)) = rx.recv().await {
            let _ = reply.send(v + 1);
        }
    });
    let h = spawn(async move {
        let mut lat = Vec::with_capacity(n as usize);
        for i in 0..n {
            let s = Instant::now();
            let (r, w) = oneshot::channel();
            let _ = server.send((i, r));
            assert_eq!(w.await.unwrap(), i + 1);
            lat.push(s.elapsed().as_nanos() as u64);
        }
        lat
    });
    let mut lat = h.await.unwrap();
    let seconds = t.elapsed().as_secs_f64();
    lat.sort_unstable();
    let q = |p: f64| lat[((p * n as f64) as usize).min(lat.len() - 1)] as f64 / 1000.0;
    let check = format!("{:.1}/{:.1}/{:.1}/{:.1}", q(0.5), q(0.99), q(0.999), q(1.0));
    Res { messages: 2 * n, seconds, rss: None, check, ok: true }
}
