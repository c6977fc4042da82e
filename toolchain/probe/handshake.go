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
	Path       string   `json:"path"`
	// Plain sends the request without any TLS, and so without a certificate.
	Plain bool   `json:"plain"`
	Chain string `json:"chain"`
	Key   string `json:"key"`
}

// Verdict says how it ended: "accepted" with an HTTP answer behind the handshake, "refused" with a
// TLS alert, "closed" without a word, "unreachable" before any handshake.
type Verdict struct {
	State  string `json:"state"`
	Detail string `json:"detail"`
	// Status is that of the answer; 0 without one.
	Status int `json:"status"`
	// Peer is whom the answer came from, by the URI of the certificate that the other side showed.
	Peer string `json:"peer"`
	// Body is the beginning of the answer.
	Body string `json:"body"`
}

const handshakeTimeout = 5 * time.Second

// With TLS 1.3 the other side looks at our certificate when we think that the handshake is over. A request that is
// sent meanwhile meets a closed socket, whose reset overtakes the alert; so we listen this long before we ask.
const refusalWait = 400 * time.Millisecond

// handshakes tries what each line of standard input says, one after the other, and tells of each in a line.
func handshakes() error {
	lines, verdicts := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var wanted Handshake
		if err := lines.Decode(&wanted); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("what to try cannot be read: %w", err)
		}
		var certificate tls.Certificate
		if !wanted.Plain {
			var err error
			if certificate, err = tls.X509KeyPair([]byte(wanted.Chain), []byte(wanted.Key)); err != nil {
				return fmt.Errorf("the certificate cannot be used: %w", err)
			}
		}
		if err := verdicts.Encode(try(wanted, certificate)); err != nil {
			return err
		}
	}
}

func try(wanted Handshake, certificate tls.Certificate) Verdict {
	plain, err := net.DialTimeout("tcp", wanted.Address, handshakeTimeout)
	if err != nil {
		return Verdict{State: "unreachable", Detail: err.Error()}
	}
	defer plain.Close()
	if err := plain.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return Verdict{State: "unreachable", Detail: err.Error()}
	}
	if wanted.Plain {
		return ask(wanted, plain, bufio.NewReader(plain), func() string { return "" })
	}
	connection := tls.Client(plain, &tls.Config{
		// Shown whatever authorities the server names: it must be the server that refuses it.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil },
		ServerName:           wanted.ServerName,
		NextProtos:           wanted.Protocols,
		// The question is whether they take us; whom we would take does not matter here.
		InsecureSkipVerify: true,
	})
	reader := bufio.NewReader(connection)
	if err := refusal(connection, reader); err != nil {
		return ending(err)
	}
	return ask(wanted, connection, reader, func() string {
		for _, certificate := range connection.ConnectionState().PeerCertificates {
			for _, uri := range certificate.URIs {
				return uri.String()
			}
		}
		return ""
	})
}

// refusal shakes hands and waits for a word against us; nil if none came.
func refusal(connection *tls.Conn, reader *bufio.Reader) error {
	if err := connection.Handshake(); err != nil {
		return err
	}
	if err := connection.SetReadDeadline(time.Now().Add(refusalWait)); err != nil {
		return err
	}
	if _, err := reader.Peek(1); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return connection.SetReadDeadline(time.Now().Add(handshakeTimeout))
}

// ask sends one request.
func ask(wanted Handshake, connection net.Conn, reader *bufio.Reader, peer func() string) Verdict {
	path := wanted.Path
	if path == "" {
		path = "/hello"
	}
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, wanted.Host)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return ending(err)
	}
	defer answer.Body.Close()
	// What came of it until the connection broke is as good as the whole for a first line.
	body, _ := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	return Verdict{State: "accepted", Detail: answer.Status, Status: answer.StatusCode, Peer: peer(), Body: string(body)}
}

func ending(err error) Verdict {
	var alert *net.OpError
	switch {
	case errors.As(err, &alert) && alert.Op == "remote error", strings.Contains(err.Error(), "remote error: tls:"):
		return Verdict{State: "refused", Detail: err.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "reset by peer"):
		return Verdict{State: "closed", Detail: err.Error()}
	}
	return Verdict{State: "unreachable", Detail: err.Error()}
}
