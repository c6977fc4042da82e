// Command probe asks services at a fixed rate, whatever the answers take, and tells of every request.
// With -serve or -echo it is what answers instead.
//
// It runs in a pod for as long as its standard input is open and not longer than -for. A line
// "mark NAME" on standard input comes back as a record with the time on this program's clock, so
// that requests can be told to lie before or after it; "stop" lets the requests under way end.
// Records are lines of JSON on standard output, written in batches.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// Record is one line of output: a request, or a mark if Mark is set. Times are microseconds since
// the program's start, by the monotonic clock.
type Record struct {
	Mark string `json:"mark,omitempty"`
	// Target is the name before the equals sign of the argument that asked for it.
	Target string `json:"target,omitempty"`
	// Connection is how it travelled: "kept", "fresh", "h2", "grpc" or "tcp".
	Connection string `json:"connection,omitempty"`
	// Over is which of the target's connections it went over, counted from 1; 0 where none was had.
	Over int    `json:"over,omitempty"`
	Seq  uint64 `json:"seq"`
	// Scheduled is when it was due, Started when it was sent: a late start is the caller's wait as well.
	Scheduled int64  `json:"scheduled"`
	Started   int64  `json:"started"`
	Latency   int64  `json:"latency"`
	Status    uint16 `json:"status"`
	Error     string `json:"error,omitempty"`
	Body      string `json:"body,omitempty"`
	// Route is the header x-isthmus-route of the answer, which a proxy sets that is told to.
	Route string `json:"route,omitempty"`
}

const (
	flushEvery = 200 * time.Millisecond
	maxBody    = 200
	// Enough for a second of requests that all hang until their time is over.
	maxWorkers = 2000
)

var (
	rate    = flag.Int("rate", 25, "requests a second, for each target")
	life    = flag.Duration("for", 30*time.Minute, "end after this time at the latest")
	tries   = flag.Bool("handshake", false, "try TLS handshakes, one for each line of standard input, instead of asking at a rate")
	serve   = flag.String("serve", "", "answer HTTP/1.1, HTTP/2 without TLS and gRPC's health check at this address instead")
	echo    = flag.String("echo", "", "send lines back at this address instead, over raw TCP")
	timeout = flag.Duration("timeout", 5*time.Second, "time of one request")
	headers = headerFlag{}
)

// headerFlag holds headers by the name of the target whose requests carry them.
type headerFlag map[string]http.Header

func (h headerFlag) String() string { return "" }

func (h headerFlag) Set(text string) error {
	target, header, named := strings.Cut(text, ":")
	name, value, found := strings.Cut(header, "=")
	if !named || !found {
		return fmt.Errorf("%q is not TARGET:HEADER=VALUE", text)
	}
	if h[target] == nil {
		h[target] = http.Header{}
	}
	h[target].Set(name, value)
	return nil
}

func main() {
	log.SetFlags(0)
	flag.Var(headers, "header", "TARGET:HEADER=VALUE, a header of the requests of one target; may be repeated")
	flag.Usage = func() {
		fmt.Fprintf(os.Stderr, "usage: probe [flags] %s ...\n", usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	serving := *serve != "" || *echo != ""
	if flag.NArg() == 0 && !*tries && !serving {
		flag.Usage()
		os.Exit(2)
	}
	// Nothing stays in the pod, however this process ends.
	if err := os.Remove(os.Args[0]); err != nil {
		log.Printf("cannot remove %s: %v", os.Args[0], err)
	}
	work := func() error { return run(flag.Args()) }
	switch {
	case *tries:
		work = handshakes
	case serving:
		work = answer
	}
	if err := work(); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	origin := time.Now()
	records := make(chan Record, 4096)
	stopped := make(chan struct{})
	var open sync.WaitGroup
	for _, argument := range arguments {
		target, err := parse(argument)
		if err != nil {
			return err
		}
		open.Go(func() { target.ask(asking{origin, records, stopped}) })
	}
	finished := make(chan struct{})
	go func() {
		open.Wait()
		close(finished)
	}()
	go obey(origin, records, sync.OnceFunc(func() { close(stopped) }))
	return write(records, finished)
}

// obey follows standard input. When it ends, whoever asked is gone.
func obey(origin time.Time, records chan<- Record, stop func()) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		word, name, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "mark":
			records <- Record{Mark: name, Started: time.Since(origin).Microseconds()}
		case "stop":
			stop()
		}
	}
	os.Exit(0)
}

func write(records <-chan Record, finished <-chan struct{}) error {
	out := bufio.NewWriterSize(os.Stdout, 64*1024)
	encoder := json.NewEncoder(out)
	ticks := time.NewTicker(flushEvery)
	defer ticks.Stop()
	for {
		select {
		case record := <-records:
			if err := encoder.Encode(record); err != nil {
				return err
			}
		case <-ticks.C:
			if err := out.Flush(); err != nil {
				return err
			}
		case <-finished:
			for len(records) > 0 {
				if err := encoder.Encode(<-records); err != nil {
					return err
				}
			}
			return out.Flush()
		}
	}
}

type target struct {
	name string
	// address is a URL, or HOST:PORT for grpc and tcp.
	address    string
	connection string
}

// asking is what all targets of one run share.
type asking struct {
	origin  time.Time
	records chan<- Record
	// stopped is closed when no further request is wanted.
	stopped <-chan struct{}
}

const usage = "kept:NAME=URL | fresh:NAME=URL | h2:NAME=URL | grpc:NAME=HOST:PORT | tcp:NAME=HOST:PORT"

func parse(argument string) (target, error) {
	head, address, found := strings.Cut(argument, "=")
	kind, name, named := strings.Cut(head, ":")
	known := kind == "fresh" || kind == "kept" || kind == "h2" || kind == "grpc" || kind == "tcp"
	if !found || !named || !known {
		return target{}, fmt.Errorf("%q is not %s", argument, usage)
	}
	return target{name: name, address: address, connection: kind}, nil
}

func (t target) ask(with asking) {
	if t.connection == "tcp" {
		t.beat(with)
		return
	}
	t.attack(with)
}

func dialer() *net.Dialer {
	return &net.Dialer{Timeout: *timeout, KeepAlive: 30 * time.Second}
}
