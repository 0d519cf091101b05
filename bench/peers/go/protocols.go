// SPDX-License-Identifier: MIT
// Actors that talk with many others: chameneos, big, banking.
package main

import (
	"time"
)

// ---- chameneos
const (
	cMeet = iota
	cChange
	cExit
)

type chamMsg struct {
	kind, color uint8
	count       int64
	from        chan chamMsg
}

func complement(a, b uint8) uint8 {
	if a == b {
		return a
	}
	return 3 - a - b
}

func chameneos(n, k int) result {
	t := time.Now()
	mall := make(chan chamMsg, box)
	done := make(chan int64, 1)
	go func() {
		var waiting chan chamMsg
		left, faded, sum := n, 0, int64(0)
		for m := range mall {
			if m.kind == cExit { // a chameneo's meeting count
				sum += m.count
				if faded++; faded == k {
					done <- sum
					return
				}
			} else if left == 0 {
				m.from <- chamMsg{kind: cExit}
			} else if waiting == nil {
				waiting = m.from
			} else {
				left--
				waiting <- m
				waiting = nil
			}
		}
	}()
	for i := 0; i < k; i++ {
		self := make(chan chamMsg, box)
		go func(color uint8) {
			meetings := int64(0)
			mall <- chamMsg{cMeet, color, 0, self}
			for m := range self {
				switch m.kind {
				case cMeet:
					color = complement(color, m.color)
					m.from <- chamMsg{kind: cChange, color: color}
				case cChange:
					color = m.color
				case cExit:
					mall <- chamMsg{kind: cExit, count: meetings}
					return
				}
				meetings++
				mall <- chamMsg{cMeet, color, 0, self}
			}
		}(uint8(i % 3))
	}
	return num(t, 4*int64(n), <-done, 2*int64(n))
}

// ---- big
type bigMsg struct{ from int } // >=0: ping from; -1: pong; -2: exit

func big(n, k int) result {
	t := time.Now()
	chs := make([]chan bigMsg, k)
	for i := range chs {
		chs[i] = make(chan bigMsg, k+8) // k-1 pings + 1 pong + exit can be queued
	}
	snk := make(chan int, box)
	for i := range chs {
		go func(id int) {
			self := chs[id]
			x := uint32(id)*2654435761 + 1
			send := func() {
				x = lcg(x)
				to := int(x>>8) % (k - 1)
				if to >= id {
					to++
				}
				chs[to] <- bigMsg{id}
			}
			sent := 1
			send()
			for m := range self {
				if m.from >= 0 {
					chs[m.from] <- bigMsg{-1}
				} else if m.from == -1 {
					if sent < n {
						sent++
						send()
					} else {
						snk <- id
					}
				} else {
					return
				}
			}
		}(i)
	}
	got := int64(0)
	for ; got < int64(k); got++ {
		<-snk
	}
	r := num(t, 2*int64(n)*int64(k), got, int64(k))
	for _, c := range chs {
		c <- bigMsg{-2}
	}
	return r
}

// ---- banking
type bankMsg struct {
	dst    int // transfer to
	amount int64
	reply  chan struct{} // not nil: credit, answer here
}

func banking(n, k int) result {
	t := time.Now()
	accts := make([]chan bankMsg, k)
	for i := range accts {
		accts[i] = make(chan bankMsg, box)
	}
	teller := make(chan struct{}, n)
	for i := range accts {
		go func(self chan bankMsg) {
			balance := int64(1 << 40)
			reply := make(chan struct{}, 1)
			for m := range self {
				if m.reply != nil {
					balance += m.amount
					m.reply <- struct{}{}
				} else {
					balance -= m.amount
					accts[m.dst] <- bankMsg{0, m.amount, reply}
					<-reply // nothing else is handled until the reply
					teller <- struct{}{}
				}
			}
		}(accts[i])
	}
	x := uint32(123456)
	for i := 0; i < n; i++ {
		x = lcg(x)
		src := int(x>>8) % (k / 10 * 8)
		x = lcg(x)
		d := int(x>>8) % (k - src)
		if d == 0 {
			d = 1
		}
		accts[src] <- bankMsg{dst: src + d, amount: int64(x>>8) % 1000}
	}
	got := int64(0)
	for ; got < int64(n); got++ {
		<-teller
	}
	r := num(t, 4*int64(n), got, int64(n))
	for _, c := range accts {
		close(c)
	}
	return r
}
