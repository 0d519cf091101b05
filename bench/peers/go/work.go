// SPDX-License-Identifier: MIT
// Actors that compute: philosopher, nqueens, bndbuffer, radixsort.
package main

import (
	"math"
	"time"
)

// ---- philosopher
const (
	pHungry = iota
	pDone
	pExit
)

type philMsg struct {
	kind int
	id   int
	eats int64
}

func philosopher(n, k int) result {
	t := time.Now()
	arb := make(chan philMsg, box)
	phils := make([]chan bool, k)
	for i := range phils {
		phils[i] = make(chan bool, box)
	}
	done := make(chan int64, 1)
	go func() {
		forks := make([]bool, k)
		exits, sum := 0, int64(0)
		for m := range arb {
			l, r := m.id, m.id+1
			if r == k {
				r = 0
			}
			switch m.kind {
			case pHungry:
				if forks[l] || forks[r] {
					phils[m.id] <- false
				} else {
					forks[l], forks[r] = true, true
					phils[m.id] <- true
				}
			case pDone:
				forks[l], forks[r] = false, false
			case pExit:
				sum += m.eats
				if exits++; exits == k {
					done <- sum
					return
				}
			}
		}
	}()
	for i := range phils {
		go func(id int) {
			eats := int64(0)
			arb <- philMsg{kind: pHungry, id: id}
			for ok := range phils[id] {
				if ok {
					arb <- philMsg{kind: pDone, id: id}
					if eats++; eats == int64(n) {
						arb <- philMsg{pExit, id, eats}
						return
					}
				}
				arb <- philMsg{kind: pHungry, id: id}
			}
		}(i)
	}
	w := int64(n) * int64(k)
	return num(t, 3*w, <-done, w)
}

// ---- nqueens
type board struct {
	q     [16]int8
	depth int8
}

type nqMsg struct {
	work bool
	b    board
	sols int64
}

func valid(b *board, n int8) bool {
	c := b.q[n]
	for i := int8(0); i < n; i++ {
		o := b.q[i]
		if o == c || o-c == n-i || c-o == n-i {
			return false
		}
	}
	return true
}

func nqSeq(b *board, d, size int8) int64 {
	if d == size {
		return 1
	}
	s := int64(0)
	for c := int8(0); c < size; c++ {
		b.q[d] = c
		if valid(b, d) {
			s += nqSeq(b, d+1, size)
		}
	}
	return s
}

func nqueens(n, k int) result {
	const threshold = 4
	size := int8(n)
	t := time.Now()
	master := make(chan nqMsg, 1<<15)
	workers := make([]chan board, k)
	for i := range workers {
		workers[i] = make(chan board, box)
		go func(self chan board) {
			for b := range self {
				if b.depth >= threshold || b.depth == size {
					master <- nqMsg{sols: nqSeq(&b, b.depth, size)}
					continue
				}
				d := b.depth
				b.depth++
				for c := int8(0); c < size; c++ {
					b.q[d] = c
					if valid(&b, d) {
						master <- nqMsg{work: true, b: b}
					}
				}
				master <- nqMsg{}
			}
		}(workers[i])
	}
	workers[0] <- board{}
	out, next, total, sols := 1, 1%k, int64(1), int64(0)
	for out > 0 {
		m := <-master
		if m.work {
			workers[next] <- m.b
			next = (next + 1) % k
			out++
			total++
		} else {
			sols += m.sols
			out--
		}
	}
	want := map[int]int64{8: 92, 9: 352, 10: 724, 11: 2680, 12: 14200, 13: 73712}[n]
	return num(t, 3*total, sols, want)
}

// ---- bndbuffer
const (
	bData = iota
	bAvail
	bExit
)

type bufMsg struct {
	kind, id int
	v        float64
}

func work(x float64) float64 {
	for i := 0; i < 25; i++ {
		x += math.Sin(sinArg + x)
	}
	return x
}

func bndbuffer(n, k int) result { // n items per producer, k producers and k consumers
	const bufsize = 50
	t := time.Now()
	limit := bufsize - k
	if limit < 1 {
		limit = 1
	}
	mgr := make(chan bufMsg, 256)
	prods, cons := make([]chan struct{}, k), make([]chan float64, k)
	counts := make(chan int64, k)
	for i := 0; i < k; i++ {
		prods[i], cons[i] = make(chan struct{}, box), make(chan float64, box)
		go func(id int) { // producer
			item := 0.0
			left := n
			for range prods[id] {
				if left == 0 {
					mgr <- bufMsg{bExit, id, 0}
					return
				}
				left--
				item = work(item)
				mgr <- bufMsg{bData, id, item}
			}
		}(i)
		go func(id int) { // consumer
			got := int64(0)
			acc := 0.0
			for v := range cons[id] {
				acc = work(acc + v)
				got++
				mgr <- bufMsg{bAvail, id, 0}
			}
			counts <- got
		}(i)
	}
	done := make(chan struct{})
	go func() {
		var pending []float64
		var aprod, acons []int
		for i := 0; i < k; i++ {
			acons = append(acons, i)
			prods[i] <- struct{}{}
		}
		exits := 0
		for m := range mgr {
			switch m.kind {
			case bData:
				if len(acons) == 0 {
					pending = append(pending, m.v)
				} else {
					c := acons[0]
					acons = acons[1:]
					cons[c] <- m.v
				}
				if len(pending) >= limit {
					aprod = append(aprod, m.id)
				} else {
					prods[m.id] <- struct{}{}
				}
			case bAvail:
				if len(pending) == 0 {
					acons = append(acons, m.id)
				} else {
					v := pending[0]
					pending = pending[1:]
					cons[m.id] <- v
					if len(aprod) > 0 {
						p := aprod[0]
						aprod = aprod[1:]
						prods[p] <- struct{}{}
					}
				}
			case bExit:
				exits++
			}
			if exits == k && len(acons) == k {
				close(done)
				return
			}
		}
	}()
	<-done
	for _, c := range cons {
		close(c)
	}
	sum := int64(0)
	for i := 0; i < k; i++ {
		sum += <-counts
	}
	w := int64(n) * int64(k)
	return num(t, 4*w, sum, w)
}

// ---- radixsort
func radixsort(n, k int) result {
	t := time.Now()
	done := make(chan int64, 1)
	next := make(chan uint64, box)
	go func(self chan uint64) {
		prev, ok := uint64(0), int64(1)
		for i := 0; i < n; i++ {
			v := <-self
			if v < prev {
				ok = 0
			}
			prev = v
		}
		done <- ok
	}(next)
	for bit := k - 1; bit >= 0; bit-- {
		self := make(chan uint64, box)
		go func(self, next chan uint64, mask uint64) {
			kept := make([]uint64, 0, n/2+n/16)
			for i := 0; i < n; i++ {
				v := <-self
				if v&mask == 0 {
					next <- v
				} else {
					kept = append(kept, v)
				}
			}
			for _, v := range kept {
				next <- v
			}
		}(self, next, uint64(1)<<uint(bit))
		next = self
	}
	go func() {
		x := uint64(42)
		for i := 0; i < n; i++ {
			x = x*6364136223846793005 + 1442695040888963407
			next <- x >> 4
		}
	}()
	return num(t, int64(n)*int64(k+1), <-done, 1)
}
