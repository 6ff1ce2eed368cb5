package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/access"
)

const maxTokenLife = 2 * 366 * 24 * time.Hour

// tokenView is a service token without its secret.
type tokenView struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Grants    []grantView `json:"grants"`
	CreatedBy string      `json:"createdBy"`
	CreatedAt time.Time   `json:"createdAt"`
	ExpiresAt time.Time   `json:"expiresAt"`
	RevokedAt *time.Time  `json:"revokedAt,omitempty"`
}

type tokensOutput struct {
	Body struct {
		Tokens []tokenView `json:"tokens"`
	}
}

type tokenIn struct {
	Body struct {
		Name      string      `json:"name" minLength:"1" maxLength:"100"`
		Grants    []grantView `json:"grants" minItems:"1" maxItems:"20"`
		ExpiresAt time.Time   `json:"expiresAt" doc:"At most two years ahead"`
	}
}

type tokenOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token  tokenView `json:"token"`
		Secret string    `json:"secret" doc:"Said this once; send it as Authorization: Bearer"`
	}
}

type tokenPath struct {
	Token string `path:"token" maxLength:"64"`
}

func (s *Server) tokenRoutes() {
	const path = "/api/v1/tokens"
	tags := []string{"access"}
	manage := Rule{Action: "access.manage", Anywhere: true}
	route(s, huma.Operation{OperationID: "listTokens", Method: "GET", Path: path, Tags: tags,
		Summary: "Service tokens of organizations that the caller manages"}, manage, s.listTokens)
	route(s, huma.Operation{OperationID: "addToken", Method: "POST", Path: path, Tags: tags, DefaultStatus: 201,
		Summary: "Make a service token; its secret is said once"}, manage, s.addToken)
	route(s, huma.Operation{OperationID: "revokeToken", Method: "DELETE", Path: path + "/{token}", Tags: tags, DefaultStatus: 204,
		Summary: "End a service token"}, Rule{Action: "access.manage", Resource: s.tokenPlaces}, s.revokeToken)
}

func (s *Server) tokenPlaces(ctx context.Context, in Request) ([]access.Path, error) {
	token, err := s.Records.Token(ctx, in.Param("token"))
	if err != nil {
		return nil, err
	}
	places := make([]access.Path, len(token.Grants))
	for i, grant := range token.Grants {
		places[i] = grant.Organization
	}
	return places, nil
}

func (s *Server) listTokens(ctx context.Context, _ *nothing) (*tokensOutput, error) {
	tokens, err := s.Records.Tokens(ctx, s.reach(ctx, "access.manage"))
	if err != nil {
		return nil, err
	}
	out := &tokensOutput{}
	out.Body.Tokens = make([]tokenView, len(tokens))
	for i, token := range tokens {
		out.Body.Tokens[i] = viewToken(token)
	}
	return out, nil
}

func (s *Server) addToken(ctx context.Context, in *tokenIn) (*tokenOutput, error) {
	now := s.Now()
	if !in.Body.ExpiresAt.After(now) || in.Body.ExpiresAt.After(now.Add(maxTokenLife)) {
		return nil, fmt.Errorf("%w: expiresAt %s: within two years from now", errInput, in.Body.ExpiresAt.Format(time.RFC3339))
	}
	token := access.ServiceToken{Name: in.Body.Name, ExpiresAt: in.Body.ExpiresAt}
	for _, asked := range in.Body.Grants {
		grant, err := s.grantOf(ctx, string(asked.Role), string(asked.Organization))
		if err != nil {
			return nil, err
		}
		token.Grants = append(token.Grants, grant)
	}
	secret, err := access.NewSecret(rand.Reader, tokenPrefix)
	if err != nil {
		return nil, err
	}
	token.Hash = access.HashSecret(secret)
	if token, err = s.Records.AddToken(ctx, s.act(ctx), token); err != nil {
		return nil, err
	}
	out := &tokenOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.Secret = viewToken(token), secret
	return out, nil
}

func (s *Server) revokeToken(ctx context.Context, in *tokenPath) (*nothing, error) {
	return nil, s.Records.RevokeToken(ctx, s.act(ctx), in.Token)
}

func viewToken(token access.ServiceToken) tokenView {
	return tokenView{
		ID: token.ID, Name: token.Name, Grants: viewGrants(token.Grants), CreatedBy: token.CreatedBy,
		CreatedAt: token.CreatedAt.UTC(), ExpiresAt: token.ExpiresAt.UTC(), RevokedAt: whenSet(token.RevokedAt),
	}
}
