package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// Handshake is what to try, read from standard input so that the key is in no argument list.
type Handshake struct {
	Address    string   `json:"address"`
	ServerName string   `json:"serverName"`
	Protocols  []string `json:"protocols"`
	Host       string   `json:"host"`
	Chain      string   `json:"chain"`
	Key        string   `json:"key"`
}

// Verdict says how it ended: "accepted" with an HTTP answer behind the handshake, "refused" with a
// TLS alert, "closed" without a word, "unreachable" before any handshake.
type Verdict struct {
	State  string `json:"state"`
	Detail string `json:"detail"`
}

const handshakeTimeout = 5 * time.Second

func handshake() error {
	var wanted Handshake
	if err := json.NewDecoder(os.Stdin).Decode(&wanted); err != nil {
		return fmt.Errorf("what to try cannot be read: %w", err)
	}
	certificate, err := tls.X509KeyPair([]byte(wanted.Chain), []byte(wanted.Key))
	if err != nil {
		return fmt.Errorf("the certificate cannot be used: %w", err)
	}
	return json.NewEncoder(os.Stdout).Encode(try(wanted, certificate))
}

func try(wanted Handshake, certificate tls.Certificate) Verdict {
	plain, err := net.DialTimeout("tcp", wanted.Address, handshakeTimeout)
	if err != nil {
		return Verdict{"unreachable", err.Error()}
	}
	defer plain.Close()
	if err := plain.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return Verdict{"unreachable", err.Error()}
	}
	connection := tls.Client(plain, &tls.Config{
		// Shown whatever authorities the server names: it must be the server that refuses it.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil },
		ServerName:           wanted.ServerName,
		NextProtos:           wanted.Protocols,
		// The question is whether they take us; whom we would take does not matter here.
		InsecureSkipVerify: true,
	})
	// With TLS 1.3 a client is told only when it reads that its certificate was refused.
	fmt.Fprintf(connection, "GET /hello HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", wanted.Host)
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err == nil {
		answer.Body.Close()
		return Verdict{"accepted", answer.Status}
	}
	return ending(err)
}

func ending(err error) Verdict {
	var alert *net.OpError
	switch {
	case errors.As(err, &alert) && alert.Op == "remote error", strings.Contains(err.Error(), "remote error: tls:"):
		return Verdict{"refused", err.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "reset by peer"):
		return Verdict{"closed", err.Error()}
	}
	return Verdict{"unreachable", err.Error()}
}
