// SPDX-License-Identifier: MIT
// Many actors: fjthrput, fjcreate, fib, skynet, idle.
package main

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// ---- fjthrput
func fjthrput(n, k int) result {
	t := time.Now()
	chs := make([]chan struct{}, k)
	done := make(chan float64, box)
	for i := range chs {
		chs[i] = make(chan struct{}, box)
		go func(self chan struct{}) {
			var acc float64
			for j := 0; j < n; j++ {
				<-self
				acc += compute()
			}
			done <- acc
		}(chs[i])
	}
	for j := 0; j < n; j++ {
		for _, c := range chs {
			c <- struct{}{}
		}
	}
	got := int64(0)
	for ; got < int64(k); got++ {
		sink += <-done
	}
	return num(t, int64(n)*int64(k), got, int64(k))
}

// ---- fjcreate
func fjActor(self chan struct{}, done chan float64) {
	<-self
	done <- compute()
}

func fjcreate(n, k int) result {
	t := time.Now()
	done := make(chan float64, n)
	for i := 0; i < n; i++ {
		c := make(chan struct{}, 1)
		go fjActor(c, done)
		c <- struct{}{}
	}
	got := int64(0)
	for ; got < int64(n); got++ {
		sink += <-done
	}
	return num(t, 2*int64(n), got, int64(n))
}

// ---- fib
type fibMsg struct {
	v      int
	parent chan fibMsg // nil: response
}

func fibActor(self chan fibMsg) {
	req := <-self
	if req.v <= 2 {
		req.parent <- fibMsg{1, nil}
		return
	}
	for i := 1; i <= 2; i++ {
		c := make(chan fibMsg, 2)
		go fibActor(c)
		c <- fibMsg{req.v - i, self}
	}
	a := <-self
	b := <-self
	req.parent <- fibMsg{a.v + b.v, nil}
}

func fibNum(n int) int64 {
	a, b := int64(0), int64(1)
	for i := 0; i < n; i++ {
		a, b = b, a+b
	}
	return a
}

func fib(n, k int) result {
	t := time.Now()
	self := make(chan fibMsg, 1)
	c := make(chan fibMsg, 2)
	go fibActor(c)
	c <- fibMsg{n, self}
	r := <-self
	f := fibNum(n)
	return num(t, 2*(2*f-1), int64(r.v), f)
}

// ---- skynet
type skyMsg struct {
	num, size int
	parent    chan skyMsg
}

func skyActor(self chan skyMsg) {
	req := <-self
	if req.size == 1 {
		req.parent <- skyMsg{num: req.num}
		return
	}
	sub := req.size / 10
	c := 10
	if sub == 1 {
		c = 1
	}
	for i := 0; i < 10; i++ {
		ch := make(chan skyMsg, c)
		go skyActor(ch)
		ch <- skyMsg{req.num + i*sub, sub, self}
	}
	sum := 0
	for i := 0; i < 10; i++ {
		m := <-self
		sum += m.num
	}
	req.parent <- skyMsg{num: sum}
}

func skyNodes(n int) int64 {
	c := int64(0)
	for n > 0 {
		c += int64(n)
		n /= 10
	}
	return c
}

func skynet(n, k int) result {
	t := time.Now()
	self := make(chan skyMsg, 1)
	ch := make(chan skyMsg, 10)
	go skyActor(ch)
	ch <- skyMsg{0, n, self}
	r := <-self
	return num(t, 2*skyNodes(n), int64(r.num), int64(n)*int64(n-1)/2)
}

// ---- idle
func idleActor(self chan uint64, state uint64, ready, cnt *int64) {
	atomic.AddInt64(ready, 1)
	m := <-self
	state += m
	if state > 0 {
		atomic.AddInt64(cnt, 1)
	}
}

func idle(n, k int) result {
	chs := make([]chan uint64, n)
	for i := range chs {
		chs[i] = nil // touch the table, so that it is not counted
	}
	runtime.GC()
	before := procKB("VmRSS")
	ready, cnt := new(int64), new(int64)
	t := time.Now()
	for i := 0; i < n; i++ {
		c := make(chan uint64, 1)
		chs[i] = c
		go idleActor(c, uint64(i), ready, cnt)
	}
	sec := time.Since(t).Seconds()
	for atomic.LoadInt64(ready) < int64(n) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	after := procKB("VmRSS")
	for _, c := range chs {
		c <- 1
	}
	for i := 0; atomic.LoadInt64(cnt) < int64(n) && i < 20000; i++ {
		time.Sleep(time.Millisecond)
	}
	c := atomic.LoadInt64(cnt)
	return result{int64(n), sec, after - before, strconv.FormatInt(c, 10), c == int64(n)}
}
