// Command helloworld answers like Istio's sample of that name, from one static binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	address = ":5000"
	// Less than a pod's default grace period of 30 seconds.
	drain = 20 * time.Second
)

func main() {
	instance, err := os.Hostname()
	if err != nil {
		log.Fatalf("no host name: %v", err)
	}
	server := &http.Server{
		Addr:              address,
		Handler:           handler(os.Getenv("SERVICE_VERSION"), instance),
		ReadHeaderTimeout: 10 * time.Second,
		// Longer than Envoy's idle time-out of an hour, so that a request never meets a closing connection.
		IdleTimeout: 65 * time.Minute,
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	drained := make(chan error, 1)
	go func() {
		<-stop.Done()
		cancel() // a second signal ends it at once
		limit, release := context.WithTimeout(context.Background(), drain)
		defer release()
		drained <- server.Shutdown(limit)
	}()
	log.Printf("listening on %s", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	if err := <-drained; err != nil {
		log.Fatalf("requests cut off after %s: %v", drain, err)
	}
}

func handler(version, instance string) http.Handler {
	// HOSTNAME as in the original; a pod's is its name.
	if name := os.Getenv("HOSTNAME"); name != "" {
		instance = name
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /hello", func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(response, "Hello version: %s, instance: %s\n", version, instance)
	})
	healthy := func(response http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(response, "Helloworld is healthy")
	}
	routes.HandleFunc("GET /health", healthy)
	routes.HandleFunc("GET /healthz", healthy)
	return routes
}
