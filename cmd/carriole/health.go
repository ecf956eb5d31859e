package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

type healthCmd struct {
	Listen string `env:"CARRIOLE_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where the service listens (default ${default})."`
}

// Run is called by kong.
func (c *healthCmd) Run() error {
	address, err := dialable(c.Listen)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 4 * time.Second}
	response, err := client.Get("http://" + address + "/readyz")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("the service is not ready: " + response.Status)
	}
	return nil
}

// dialable is where to reach from this machine what listens at an address, which may be every address.
func dialable(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("--listen: %w", err)
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && ip == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && ip == netip.IPv6Unspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
