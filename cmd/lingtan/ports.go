package main

import (
	"crypto/tls"
	"fmt"
)

// ports are where the doors listen, each "host:port" or empty for none, and the files of
// the server's certificate.
type ports struct {
	mqtt, mqtts, ocpp, ocpps, hj212, gateway string
	certificate, key                         string
}

// check refuses settings that contradict each other.
func (p ports) check() error {
	if (p.certificate == "") != (p.key == "") {
		return fmt.Errorf("%w: certificate and key go together; give both PEM files, or neither", errConfig)
	}
	if p.certificate == "" && (p.mqtts != "" || p.ocpps != "") {
		return fmt.Errorf("%w: mqtts and ocpps need certificate and key", errConfig)
	}
	return nil
}

// tls is the server's side of TLS; nil without a certificate.
func (p ports) tls() (*tls.Config, error) {
	if p.certificate == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(p.certificate, p.key)
	if err != nil {
		return nil, fmt.Errorf("%w: certificate %s, key %s: %w", errConfig, p.certificate, p.key, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}
