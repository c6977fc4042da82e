package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const (
	healthCheck = "/grpc.health.v1.Health/Check"
	// instanceHeader is how this program's own gRPC server names its pod.
	instanceHeader = "X-Isthmus-Instance"
	overHeader     = "X-Isthmus-Over"
)

// attack sends requests of HTTP at the fixed rate; gRPC is one kind of them.
func (t target) attack(with asking) {
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Timeout: *timeout, Transport: t.transport()}),
		vegeta.MaxBody(maxBody),
		vegeta.MaxWorkers(maxWorkers),
	)
	go func() {
		<-with.stopped
		attacker.Stop()
	}()
	pacer := vegeta.ConstantPacer{Freq: *rate, Per: time.Second}
	interval := time.Second / time.Duration(*rate)
	// The first request is due one interval after the beginning.
	began := time.Since(with.origin)
	for result := range attacker.Attack(vegeta.NewStaticTargeter(t.request()), pacer, *life, t.name) {
		over, _ := strconv.Atoi(result.Headers.Get(overHeader))
		with.records <- Record{
			Target:     t.name,
			Connection: t.connection,
			Over:       over,
			Seq:        result.Seq,
			Scheduled:  (began + time.Duration(result.Seq+1)*interval).Microseconds(),
			Started:    result.Timestamp.Sub(with.origin).Microseconds(),
			Latency:    result.Latency.Microseconds(),
			Status:     result.Code,
			Error:      result.Error,
			Body:       string(result.Body),
			Route:      result.Headers.Get("X-Isthmus-Route"),
		}
	}
}

func (t target) request() vegeta.Target {
	header := headers[t.name].Clone()
	if t.connection != "grpc" {
		return vegeta.Target{Method: http.MethodGet, URL: t.address, Header: header}
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/grpc")
	header.Set("Te", "trailers")
	// An empty message, not compressed: the health of the server as a whole.
	return vegeta.Target{Method: http.MethodPost, URL: "http://" + t.address + healthCheck, Header: header, Body: make([]byte, 5)}
}

func (t target) transport() http.RoundTripper {
	var dialed atomic.Int64
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connection, err := dialer().DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return numberedConn{connection, int(dialed.Add(1))}, nil
		},
		MaxIdleConnsPerHost: idle(t.connection),
		IdleConnTimeout:     90 * time.Second,
	}
	if t.connection == "h2" || t.connection == "grpc" {
		// Without TLS, which is the proxies' business; all requests share one connection then.
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	if t.connection == "grpc" {
		return numbering{grpcAnswers{transport}}
	}
	return numbering{transport}
}

// idle is how many connections wait for a next request. A fresh one is closed by this side once it has its
// answer, and is never asked to be closed by the other: an Envoy that closes drops an answer that it could not
// write within its delayed_close_timeout of a second, as where the processor is short.
func idle(connection string) int {
	if connection == "fresh" {
		return -1
	}
	return maxWorkers
}

type numberedConn struct {
	net.Conn
	number int
}

// numbering puts the number of the connection that a request went over among the headers of its answer.
type numbering struct{ http.RoundTripper }

func (n numbering) RoundTrip(request *http.Request) (*http.Response, error) {
	over := 0
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if connection, ours := info.Conn.(numberedConn); ours {
			over = connection.number
		}
	}}
	response, err := n.RoundTripper.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	if err == nil {
		response.Header.Set(overHeader, strconv.Itoa(over))
	}
	return response, err
}

// grpcAnswers turns an answer whose status is in its trailers into one of HTTP, or an error.
type grpcAnswers struct{ http.RoundTripper }

func (g grpcAnswers) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := g.RoundTripper.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusOK {
		return response, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64*1024)); err != nil {
		return nil, err
	}
	// Without a message the trailers are all there is, and come as headers.
	state, said := response.Trailer.Get("Grpc-Status"), response.Trailer.Get("Grpc-Message")
	if state == "" {
		state, said = response.Header.Get("Grpc-Status"), response.Header.Get("Grpc-Message")
	}
	if state != "0" {
		return nil, fmt.Errorf("grpc-status %s: %s", state, said)
	}
	response.Body = io.NopCloser(bytes.NewReader(instanceLine(response.Header.Get(instanceHeader))))
	return response, nil
}

func instanceLine(instance string) []byte {
	if instance == "" {
		return nil
	}
	return fmt.Appendf(nil, "instance: %s\n", instance)
}
