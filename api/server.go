// Package api serves Lingtan over HTTP: one file a noun, each route with the rule
// of who may call it, OpenAPI 3.1 out of the Go types, errors with stable codes.
//
// A noun registers its routes with route, which asks for a Rule; nothing else may
// register. Sessions (cookie) and service tokens (bearer) are told apart in
// caller.go, refusals and errors become RFC 9457 problems by the table in errors.go.
package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"lingtan/access"
	"lingtan/store/record"
)

// Options is what a server is made of.
type Options struct {
	Records    *record.Store
	Parks      Sources                         // parks with their usage and inventories; nil leaves their routes out
	Devices    DeviceSource                    // device lists and unmapped values; nil leaves their routes out
	Control    ControlSource                   // plans and their approval; nil leaves its routes out
	Alarms     AlarmSource                     // the watch over alarms; nil leaves its routes out
	Metrics    prometheus.Gatherer             // what the server counts; nil leaves its route out
	Demo       bool                            // the data directory holds a demo park
	Live       *Hub                            // live events; nil makes one
	Console    fs.FS                           // the built console; nil or without index.html shows how to build it
	Log        *slog.Logger                    // access log and failures; nil: slog.Default
	Now        func() time.Time                // the clock; nil: time.Now
	Front      func(http.Handler) http.Handler // serves the doors of devices, which know their own credentials, and hands on the rest; may be nil
	Version    string                          // of the program, for the OpenAPI document
	Secure     bool                            // people reach the server by HTTPS (a proxy in front): cookies are Secure
	TrustProxy bool                            // the last X-Forwarded-For address is the caller's
}

// Server answers HTTP requests. Handler is its whole surface.
type Server struct {
	Options
	authorizer *access.Authorizer
	api        huma.API
	mux        *muxWithList
	rules      map[string]Rule // by operation id
	signing    chan struct{}   // slots for password hashing, which takes 64 MiB each
	nobody     string          // a password hash that nothing matches, for logins that are not there
	handler    http.Handler
	drawn      drawnOverviews
	openapi    []byte
}

const (
	requestTimeout = 30 * time.Second
	signingSlots   = 2
)

// New makes a server; it fails when the policies do not parse or a route is
// declared wrongly.
func New(options Options) (*Server, error) {
	if options.Records == nil {
		return nil, errors.New("api: no record store")
	}
	if options.Live == nil {
		options.Live = NewHub()
	}
	if options.Log == nil {
		options.Log = slog.Default()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Server{
		Options: options, mux: &muxWithList{ServeMux: http.NewServeMux()},
		rules: map[string]Rule{}, signing: make(chan struct{}, signingSlots),
	}
	var err error
	if s.authorizer, err = access.NewAuthorizer(); err != nil {
		return nil, err
	}
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return nil, err
	}
	if s.nobody, err = access.HashPassword(rand.Reader, secret); err != nil {
		return nil, err
	}
	s.describe()
	if err := s.routes(); err != nil {
		return nil, err
	}
	s.handler = s.logged(s.guarded(s.packed(s.mux)))
	if s.Front != nil {
		s.handler = s.Front(s.handler)
	}
	return s, nil
}

// routes registers every noun; a new noun adds its line here.
func (s *Server) routes() (err error) {
	defer func() {
		// huma panics on a type it cannot describe, the mux on a double pattern.
		if r := recover(); r != nil {
			err = fmt.Errorf("api: routes: %v", r)
		}
	}()
	s.sessionRoutes()
	s.peopleRoutes()
	s.tokenRoutes()
	s.organizationRoutes()
	s.auditRoutes()
	if s.Parks != nil {
		s.parkRoutes()
		s.usageRoutes()
		s.inventoryRoutes()
		s.carbonFlowRoutes()
		s.consolidationRoutes()
		s.balanceRoutes()
		s.uncertaintyRoutes()
		s.ratingRoutes()
		s.savingRoutes()
		s.equipmentRoutes()
		s.dispatchRoutes()
		s.forecastRoutes()
		s.tariffRoutes()
		s.whatIfRoute()
		s.publicRoutes()
		s.shippedRoutes()
		s.factorRoutes()
		s.reportFormRoutes()
		s.exportRoutes()
		s.activityRoutes()
		s.methodRoutes()
	}
	if s.Parks != nil && s.Devices != nil {
		s.deviceRoutes()
		s.gatewayRoutes()
	}
	if s.Parks != nil && s.Control != nil {
		s.controlRoutes(s.Control)
	}
	if s.Parks != nil && s.Alarms != nil {
		s.alarmRoutes()
	}
	if s.Metrics != nil {
		s.metricsRoute()
	}
	s.liveRoutes()
	if err := s.documentRoutes(); err != nil {
		return err
	}
	s.healthRoutes()
	s.consoleRoutes()
	return nil
}

// muxWithList remembers its patterns, so that a test can hold each against the rules.
type muxWithList struct {
	*http.ServeMux
	patterns []string
}

// HandleFunc registers a handler.
func (m *muxWithList) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.HandleFunc(pattern, handler)
}

// describe prepares the OpenAPI document.
func (s *Server) describe() {
	useProblems()
	config := huma.DefaultConfig("Lingtan 零碳", s.Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no $schema links in answers
	config.Info.Description = "The open zero-carbon operating system for industrial parks. 工业园区零碳操作系统。"
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "Set by sign-in. Unsafe methods need the header " + csrfHeader + ": 1."},
		"token":   {Type: "http", Scheme: "bearer", Description: "A service token."},
	}
	s.api = humago.New(s.mux, config)
}

// schemaName is a type's name in the OpenAPI document. Nouns of the floors below
// bear their package's name before their own, since each has its own Name.
func schemaName(t reflect.Type, hint string) string {
	n := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch pkg := path.Base(t.PkgPath()); pkg {
	case "park", "alarm", "control", "mandv", "baselinefile", "health", "picture", "proposal", "rulefile", "factor", "method", "usage", "accounting", "ingest", "statement", "carbon", "carbonflow", "consolidation", "reconcile", "sheet", "uncertainty", "rating", "diagnosis", "form", "forecast", "outlook", "bill", "tariff":
		return strings.ToUpper(pkg[:1]) + pkg[1:] + n
	}
	return n
}

// Handler is the server as an http.Handler.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on listener until ctx ends, then lets requests under way finish
// for at most 10 seconds. Live streams are ended at once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(s.Live.Close)
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(graceful)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("api: serve: %w", err)
	}
	return <-stopped
}
