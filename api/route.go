package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
	"lingtan/store/record"
)

// Request is what a rule may read of a request: its path parameters and query.
type Request interface {
	Param(name string) string
	Query(name string) string
}

// Rule says who may call a route: whoever the policies let do Action in all of the
// organizations that Resource finds. With Anywhere it is whoever may do it in at
// least one organization; then the handler keeps to s.reach and s.allow.
type Rule struct {
	Action   access.Action
	Resource func(ctx context.Context, in Request) ([]access.Path, error)
	Anywhere bool
}

// check fails on a rule that does not say enough.
func (r Rule) check() error {
	if !r.Action.Known() {
		return fmt.Errorf("rule of an unknown action %q", r.Action)
	}
	if (r.Resource == nil) != r.Anywhere {
		return errors.New("rule needs Resource, or Anywhere, and not both")
	}
	return nil
}

// public reports whether the rule lets in who is not signed in.
func (r Rule) public() bool { return r.Action == "public.read" }

// root is the resource of what belongs to the whole installation or to the caller.
func root(context.Context, Request) ([]access.Path, error) { return []access.Path{"/"}, nil }

// route registers an operation with its rule. The rule is decided before the body
// is read. Handlers return plain errors; the table in errors.go gives the status.
func route[I, O any](s *Server, op huma.Operation, rule Rule, handle func(context.Context, *I) (*O, error)) {
	if err := rule.check(); err != nil {
		panic(fmt.Sprintf("%s %s: %v", op.Method, op.Path, err))
	}
	if _, twice := s.rules[op.OperationID]; twice || op.OperationID == "" {
		panic(fmt.Sprintf("%s %s: operation id %q is empty or taken", op.Method, op.Path, op.OperationID))
	}
	s.rules[op.OperationID] = rule
	op.Extensions = map[string]any{"x-lingtan-action": string(rule.Action)}
	if rule.public() {
		op.Security = []map[string][]string{}
		op.Errors = append(op.Errors, 429)
	} else {
		op.Security = []map[string][]string{{"session": {}}, {"token": {}}}
		op.Errors = append(op.Errors, 401, 403, 404)
	}
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		s.decide(ctx, rule, next)
	})
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.refuse(ctx, err)
		}
		return out, nil
	})
}

// streams marks an operation that answers until its caller goes away.
const streams = "streams"

// decide holds a request against its rule.
func (s *Server) decide(ctx huma.Context, rule Rule, next func(huma.Context)) {
	if ctx.Operation().Metadata[streams] == nil {
		limited, cancel := context.WithTimeout(ctx.Context(), requestTimeout)
		defer cancel()
		ctx = huma.WithContext(ctx, limited)
	}
	if err := s.permit(ctx.Context(), rule, ctx, ctx.Method()); err != nil {
		problem := s.refuse(ctx.Context(), err)
		ctx.SetHeader("Content-Type", "application/problem+json")
		ctx.SetStatus(problem.Status)
		writeTo(ctx.BodyWriter(), problem)
		return
	}
	next(ctx)
}

// permit fails unless the caller may do what the rule asks.
func (s *Server) permit(ctx context.Context, rule Rule, in Request, method string) error {
	caller := callerOf(ctx)
	if caller.failed != nil {
		return caller.failed
	}
	if !rule.public() && !caller.SignedIn() {
		return errNotSignedIn
	}
	if caller.crossSite {
		return errCrossSite
	}
	if caller.MustSetPassword && !rule.public() && rule.Action != "session.own" {
		return errPasswordFirst
	}
	if rule.Anywhere {
		if len(s.reach(ctx, rule.Action)) == 0 {
			return s.forbidden(ctx, rule.Action, "/", method, s.authorizer.Decide(caller.Principal, rule.Action, "/"))
		}
		return nil
	}
	paths, err := rule.Resource(ctx, in)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("%w: the resource belongs to no organization", errForbidden)
	}
	for _, path := range paths {
		decision := s.authorizer.Decide(caller.Principal, rule.Action, path)
		if !decision.Allowed {
			return s.forbidden(ctx, rule.Action, path, method, decision)
		}
	}
	return nil
}

// forbidden names the roles that may; what the caller may not even know of is not
// found. Refused changes go to the audit log.
func (s *Server) forbidden(ctx context.Context, action access.Action, path access.Path, method string, decision access.Decision) error {
	if method != http.MethodGet && method != http.MethodHead {
		err := s.Records.Note(ctx, s.act(ctx), action, path, "organization"+string(path), "refused", "")
		if err != nil {
			return err
		}
	}
	if !decision.Visible && path != "/" {
		return fmt.Errorf("%w: no such resource, or not visible to you", record.ErrNotFound)
	}
	roles := make([]string, len(decision.Needs))
	for i, role := range decision.Needs {
		roles[i] = string(role)
	}
	return fmt.Errorf("%w: %s at %s needs one of the roles %s", errForbidden, action, path, strings.Join(roles, ", "))
}

// reach is where the caller may do action.
func (s *Server) reach(ctx context.Context, action access.Action) []access.Path {
	return s.authorizer.Reach(callerOf(ctx).Principal, action)
}

// allow fails unless the caller may do action at path; for what a handler learns
// from the body.
func (s *Server) allow(ctx context.Context, action access.Action, path access.Path) error {
	decision := s.authorizer.Decide(callerOf(ctx).Principal, action, path)
	if decision.Allowed {
		return nil
	}
	return s.forbidden(ctx, action, path, http.MethodPost, decision)
}

// within reports whether path lies in one of the organizations.
func within(over []access.Path, path access.Path) bool {
	return slices.ContainsFunc(over, func(p access.Path) bool { return p.Contains(path) })
}

// refuse turns an error into the caller's problem and logs what is not his fault.
func (s *Server) refuse(ctx context.Context, err error) *Problem {
	trace := traceOf(ctx)
	problem := problemOf(err, trace.language, trace.request)
	s.logFailure(ctx, problem, err)
	return problem
}

// act is the caller as the audit log names him.
func (s *Server) act(ctx context.Context) record.Act {
	caller := callerOf(ctx)
	return record.Act{Who: caller.ID, Name: caller.Name, From: traceOf(ctx).address, At: s.Now()}
}
