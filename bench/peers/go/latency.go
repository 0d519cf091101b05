// SPDX-License-Identifier: MIT
// One client asks one server while many pairs never pause.
package main

import (
	"fmt"
	"os"
	"sort"
	"sync/atomic"
	"time"
)

// ---- latency
func latency(n, k int) result {
	t := time.Now()
	var stop atomic.Bool // else printing the result waits for the background's turn
	for i := 0; i < k; i++ {
		a, b := make(chan struct{}, box), make(chan struct{}, box)
		go func() {
			for m := range a {
				if stop.Load() {
					return
				}
				b <- m
			}
		}()
		go func() {
			a <- struct{}{}
			for m := range b {
				if stop.Load() {
					return
				}
				a <- m
			}
		}()
	}
	type ask struct {
		v     int
		reply chan int
	}
	server := make(chan ask, box)
	go func() {
		for m := range server {
			m.reply <- m.v + 1
		}
	}()
	out := make(chan []int64, 1)
	var sec float64
	go func() {
		lat := make([]int64, n)
		self := make(chan int, 1)
		for i := 0; i < n; i++ {
			s := time.Now()
			server <- ask{i, self}
			if v := <-self; v != i+1 {
				os.Exit(1)
			}
			lat[i] = int64(time.Since(s))
		}
		sec = time.Since(t).Seconds()
		stop.Store(true)
		out <- lat
	}()
	lat := <-out
	sort.Slice(lat, func(i, j int) bool { return lat[i] < lat[j] })
	q := func(p float64) float64 {
		i := int(p * float64(n))
		if i >= n {
			i = n - 1
		}
		return float64(lat[i]) / 1000
	}
	c := fmt.Sprintf("%.1f/%.1f/%.1f/%.1f", q(.5), q(.99), q(.999), float64(lat[n-1])/1000)
	return result{2 * int64(n), sec, 0, c, true}
}
