// SPDX-License-Identifier: MIT
// Few actors, many messages: pingpong, counting, ring, mailbox, filterbank.
package main

import (
	"time"
)

// ---- pingpong
func pingpong(n, k int) result {
	t := time.Now()
	ping, pong := make(chan int, box), make(chan int, box)
	done := make(chan int64, 1)
	go func() { // pong
		for v := range pong {
			ping <- v
		}
	}()
	go func() { // ping
		pongs := int64(0)
		for i := 0; i < n; i++ {
			pong <- i
			<-ping
			pongs++
		}
		close(pong)
		done <- pongs
	}()
	return num(t, 2*int64(n), <-done, int64(n))
}

// ---- counting
type countMsg struct{ reply chan int64 } // nil reply: increment

func counting(n, k int) result {
	t := time.Now()
	counter := make(chan countMsg, box)
	done := make(chan int64, 1)
	go func() {
		var c int64
		for m := range counter {
			if m.reply == nil {
				c++
			} else {
				m.reply <- c
			}
		}
	}()
	go func() {
		self := make(chan int64, box)
		for i := 0; i < n; i++ {
			counter <- countMsg{}
		}
		counter <- countMsg{self}
		v := <-self
		close(counter)
		done <- v
	}()
	return num(t, int64(n)+2, <-done, int64(n))
}

// ---- ring
func ring(n, k int) result {
	t := time.Now()
	chs := make([]chan int, k)
	for i := range chs {
		chs[i] = make(chan int, box)
	}
	done := make(chan int64, 1)
	for i := range chs {
		go func(self, next chan int) {
			for left := range self { // hops left, this one already made
				if left == 0 {
					done <- int64(n)
					continue
				}
				next <- left - 1
			}
		}(chs[i], chs[(i+1)%k])
	}
	chs[0] <- n - 1
	return num(t, int64(n), <-done, int64(n))
}

// ---- mailbox
func mailbox(n, k int) result {
	t := time.Now()
	recv := make(chan int, box)
	done := make(chan int64, 1)
	total := int64(n) * int64(k)
	go func() {
		c := int64(0)
		for c < total {
			<-recv
			c++
		}
		done <- c
	}()
	for i := 0; i < k; i++ {
		go func() {
			for j := 0; j < n; j++ {
				recv <- j
			}
		}()
	}
	return num(t, total, <-done, total)
}

// ---- filterbank
func filterbank(n, k int) result {
	t := time.Now()
	done := make(chan int64, 1)
	next := make(chan uint64, box)
	go func(self chan uint64) {
		sum := uint64(0)
		for i := 0; i < n; i++ {
			sum += <-self
		}
		done <- int64(sum)
	}(next)
	for i := 0; i < k; i++ {
		self := make(chan uint64, box)
		go func(self, next chan uint64) {
			for v := range self {
				next <- v + 1
			}
		}(self, next)
		next = self
	}
	go func() {
		for i := 0; i < n; i++ {
			next <- uint64(i)
		}
	}()
	N := int64(n)
	return num(t, N*int64(k+1), <-done, N*(N-1)/2+N*int64(k))
}
