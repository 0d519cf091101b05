// SPDX-License-Identifier: MIT
//! What all workloads share. An actor is a task that owns the receiving half of one unbounded channel, its mailbox.
pub use std::hint::black_box;
pub use std::sync::Arc;
pub use std::time::Instant;
pub use tokio::spawn;
pub use tokio::sync::mpsc::{unbounded_channel as chan, UnboundedReceiver as Rx, UnboundedSender as Tx};
pub use tokio::sync::oneshot;

pub struct Res {
    pub messages: u64,
    pub seconds: f64,
    pub rss: Option<i64>,
    pub check: String,
    pub ok: bool,
}

pub fn num(t: Instant, messages: u64, check: u64, want: u64) -> Res {
    Res { messages, seconds: t.elapsed().as_secs_f64(), rss: None, check: check.to_string(), ok: check == want }
}

pub fn proc_kb(key: &str) -> i64 {
    std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .find(|l| l.starts_with(key))
        .and_then(|l| l.split_whitespace().nth(1).and_then(|v| v.parse().ok()))
        .unwrap_or(-1)
}

pub fn lcg(x: u32) -> u32 {
    x.wrapping_mul(1664525).wrapping_add(1013904223)
}

pub fn compute() -> f64 {
    let r = black_box(37.2f64).sin();
    black_box(r * r)
}
