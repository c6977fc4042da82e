package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// beat holds one TCP connection and sends a line at every beat, whether or not the line before came
// back. What is under way when the connection ends is lost; the next beat makes a new connection.
func (t target) beat(with asking) {
	interval := time.Second / time.Duration(*rate)
	began := time.Since(with.origin)
	end := time.After(*life)
	var beats sync.WaitGroup
	var current *line
	dialed := 0
	for seq := uint64(0); ; seq++ {
		due := began + time.Duration(seq+1)*interval
		select {
		case <-time.After(due - time.Since(with.origin)):
		case <-with.stopped:
			t.hangUp(current, &beats)
			return
		case <-end:
			t.hangUp(current, &beats)
			return
		}
		record := Record{Target: t.name, Connection: t.connection, Seq: seq, Scheduled: due.Microseconds()}
		if current == nil || current.ended() {
			record.Started = time.Since(with.origin).Microseconds()
			connection, err := dialer().Dial("tcp", t.address)
			if err != nil {
				record.Error = err.Error()
				record.Latency = time.Since(with.origin).Microseconds() - record.Started
				with.records <- record
				continue
			}
			dialed++
			current = &line{Conn: connection, number: dialed, with: with, beats: &beats, pending: map[uint64]Record{}}
			go current.listen()
		}
		current.send(record)
	}
}

// hangUp lets what is under way come back first.
func (t target) hangUp(current *line, beats *sync.WaitGroup) {
	beats.Wait()
	if current != nil {
		current.Close()
	}
}

// line is one connection with the beats that did not come back yet.
type line struct {
	net.Conn
	number int
	with   asking
	beats  *sync.WaitGroup

	lock    sync.Mutex
	pending map[uint64]Record
	broken  error
}

func (l *line) ended() bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.broken != nil
}

func (l *line) send(record Record) {
	record.Over = l.number
	record.Started = time.Since(l.with.origin).Microseconds()
	l.lock.Lock()
	l.pending[record.Seq] = record
	l.beats.Add(1)
	l.lock.Unlock()
	time.AfterFunc(*timeout, func() { l.settle(record.Seq, 0, fmt.Sprintf("no echo within %s", *timeout), "") })
	// A peer that does not read would block the beats that follow.
	l.SetWriteDeadline(time.Now().Add(*timeout))
	if _, err := fmt.Fprintf(l, "beat %d\n", record.Seq); err != nil {
		l.end(err)
	}
}

// settle tells of a beat, unless that was done.
func (l *line) settle(seq uint64, status uint16, failure, body string) {
	l.lock.Lock()
	record, open := l.pending[seq]
	delete(l.pending, seq)
	l.lock.Unlock()
	if !open {
		return
	}
	defer l.beats.Done()
	record.Latency = time.Since(l.with.origin).Microseconds() - record.Started
	record.Status, record.Error, record.Body = status, failure, body
	l.with.records <- record
}

func (l *line) listen() {
	answers := bufio.NewScanner(l)
	for answers.Scan() {
		var seq uint64
		if _, err := fmt.Sscanf(answers.Text(), "beat %d", &seq); err == nil {
			l.settle(seq, http.StatusOK, "", answers.Text())
		}
	}
	err := answers.Err()
	if err == nil {
		err = io.EOF
	}
	l.end(err)
}

// end closes the connection and gives up what is under way.
func (l *line) end(err error) {
	l.lock.Lock()
	first := l.broken == nil
	if first {
		l.broken = err
	}
	var lost []uint64
	for seq := range l.pending {
		lost = append(lost, seq)
	}
	l.lock.Unlock()
	if first {
		l.Close()
	}
	for _, seq := range lost {
		l.settle(seq, 0, "the connection ended: "+reason(err), "")
	}
}

// reason leaves the addresses out, which differ from one connection to the next.
func reason(err error) string {
	var failed *net.OpError
	if errors.As(err, &failed) {
		return strings.TrimSpace(failed.Op + ": " + failed.Err.Error())
	}
	return err.Error()
}
