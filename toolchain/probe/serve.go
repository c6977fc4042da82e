package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// answer is the other side of requests, until standard input ends. It says on standard output when it listens.
func answer() error {
	failed := make(chan error, 2)
	instance, err := os.Hostname()
	if err != nil {
		return err
	}
	for address, begin := range map[string]func(net.Listener, string) error{*serve: serveHTTP, *echo: serveEcho} {
		if address == "" {
			continue
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		go func() { failed <- begin(listener, instance) }()
	}
	fmt.Println("listening")
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		failed <- err
	}()
	return <-failed
}

func serveHTTP(listener net.Listener, instance string) error {
	routes := http.NewServeMux()
	routes.HandleFunc("/", func(response http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(response, "Hello version: %s, instance: %s\n", os.Getenv("SERVICE_VERSION"), instance)
	})
	routes.HandleFunc("POST "+healthCheck, func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/grpc")
		response.Header().Set("Trailer", "Grpc-Status")
		response.Header().Set(instanceHeader, instance)
		// A message of two bytes, not compressed: field 1, the status, is 1, which is SERVING.
		response.Write([]byte{0, 0, 0, 0, 2, 0x08, 1})
		response.Header().Set("Grpc-Status", "0")
	})
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	// Longer than Envoy's idle time-out of an hour, so that a request never meets a closing connection.
	server := &http.Server{Handler: routes, Protocols: protocols, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 65 * time.Minute}
	return server.Serve(listener)
}

// serveEcho sends every line back with the name of this pod behind it.
func serveEcho(listener net.Listener, instance string) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			lines := bufio.NewScanner(connection)
			for lines.Scan() {
				if _, err := fmt.Fprintf(connection, "%s instance: %s\n", strings.TrimSpace(lines.Text()), instance); err != nil {
					return
				}
			}
		}()
	}
}
