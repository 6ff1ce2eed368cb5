package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
)

// auditView is a line of the audit log.
type auditView struct {
	Number       int64       `json:"number"`
	At           time.Time   `json:"at"`
	Who          string      `json:"who"`
	Name         string      `json:"name"`
	Address      string      `json:"address"`
	Action       string      `json:"action"`
	Organization access.Path `json:"organization"`
	Resource     string      `json:"resource"`
	Outcome      string      `json:"outcome" enum:"done,refused,failed"`
	Detail       string      `json:"detail,omitempty"`
	Hash         string      `json:"hash" doc:"SHA-256 over this line and the hash of the one before"`
}

type auditIn struct {
	Before int64 `query:"before" minimum:"0" doc:"Lines numbered below; 0: from the newest"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type auditOutput struct {
	Body struct {
		Lines []auditView `json:"lines"`
	}
}

func (s *Server) auditRoutes() {
	route(s, huma.Operation{OperationID: "listAudit", Method: "GET", Path: "/api/v1/audit", Tags: []string{"access"},
		Summary: "The audit log of the caller's organizations, the newest line first"},
		Rule{Action: "audit.read", Anywhere: true}, s.listAudit)
}

func (s *Server) listAudit(ctx context.Context, in *auditIn) (*auditOutput, error) {
	lines, err := s.Records.Audit(ctx, s.reach(ctx, "audit.read"), in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Lines = make([]auditView, len(lines))
	for i, line := range lines {
		out.Body.Lines[i] = auditView{
			Number: line.Number, At: line.At.UTC(), Who: line.Who, Name: line.Name, Address: line.Address,
			Action: line.Action, Organization: line.Organization, Resource: line.Resource,
			Outcome: line.Outcome, Detail: line.Detail, Hash: line.Hash,
		}
	}
	return out, nil
}
