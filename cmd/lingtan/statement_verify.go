package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lingtan/inventory/evidence"
	"lingtan/node"
	"lingtan/park"
	"lingtan/usage/statement"
)

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(key[ed25519.SeedSize:]) // RFC 8032: the second half
}

func (a *app) statementListCommand() *cobra.Command {
	var park, output string
	c := &cobra.Command{Use: "list", Short: "列出接收的和发出的声明 · the statements that were accepted, and those issued from here", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				l, err := a.listStatements(c, n, park)
				if err != nil {
					return err
				}
				if output == "json" {
					return a.printJSON(l)
				}
				for _, x := range l.Accepted {
					a.printIssuer(x.StatementIssuer)
					for _, h := range x.Statements {
						a.printHead(a.say("已接收", "accepted"), h)
					}
				}
				for _, x := range l.Issued {
					word := a.say("待确认", "pending")
					if x.Acknowledged {
						word = a.say("园区已确认", "acknowledged")
					}
					a.printHead(word, x.Head)
				}
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	must(c.MarkFlagRequired("park"))
	return c
}

// listed are the statements of a park on both sides.
type listed struct {
	Accepted []listedIssuer         `json:"accepted"`
	Issued   []node.IssuedStatement `json:"issued"`
}

type listedIssuer struct {
	node.StatementIssuer
	Statements []statement.Head `json:"statements"`
}

func (a *app) listStatements(c *cobra.Command, n *node.Node, park string) (listed, error) {
	l := listed{Accepted: []listedIssuer{}}
	if _, err := n.Layout(c.Context(), park); err != nil {
		return l, err
	}
	issuers, err := n.Issuers(c.Context(), park)
	if err != nil {
		return l, err
	}
	for _, x := range issuers {
		heads, err := n.AcceptedStatements(c.Context(), park, x.Gateway)
		if err != nil {
			return l, err
		}
		l.Accepted = append(l.Accepted, listedIssuer{x, heads})
	}
	l.Issued, err = n.IssuedStatements(c.Context(), park)
	return l, err
}

func (a *app) printHead(state string, h statement.Head) {
	fmt.Fprintf(a.stdout, "%s\t%d\t%s\t%s..%s\t%d\t%s\t%s\n", h.Gateway, h.Number, state, h.First, h.Last, h.Days, h.Root, h.Key)
}

func (a *app) statementVerifyCommand() *cobra.Command {
	var key, previous, output string
	c := &cobra.Command{Use: "verify FILE", Short: "离线核验声明或披露的读数 · check a statement or a disclosed reading offline", Args: cobra.ExactArgs(1),
		Long: `Checks that a statement's head says what its days give and that its key signed it; or,
of a disclosed reading, every step from the reading to the signed root. A file can only
be held against itself: give the key that you trust with --public-key, and the statement
before with --previous. Needs no data directory. Exit code 8 on a mismatch.`,
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			var before []byte
			if previous != "" {
				if before, err = os.ReadFile(previous); err != nil {
					return err
				}
			}
			checks, err := verifyStatement(data, before, key)
			if output == "json" {
				if e := a.printJSON(map[string]any{"equal": err == nil, "checks": checks}); e != nil {
					return e
				}
				return err
			}
			for _, x := range checks {
				mark := "=="
				if !x.Equal {
					mark = "!="
				}
				fmt.Fprintf(a.stdout, "%s %s %s\n", mark, x.Name.In(a.language), x.Detail)
			}
			if err == nil {
				fmt.Fprintln(a.stdout, a.say("一致", "equal"))
			}
			return err
		}}
	c.Flags().StringVar(&key, "public-key", "", "the key that you trust: its id, or the public key in base64")
	c.Flags().StringVar(&previous, "previous", "", "the statement before, to check the chain")
	c.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return c
}

// verifyStatement checks a statement, or a reading disclosed from one.
func verifyStatement(data, before []byte, key string) ([]evidence.Check, error) {
	p, disclosed, err := evidence.ReadProof(data)
	if err != nil {
		return nil, err
	}
	if disclosed && p.Statement == nil {
		return nil, fmt.Errorf("%w: it is a proof out of an inventory; check it with lingtan verify", statement.ErrFormat)
	}
	if disclosed {
		checks, err := p.Verify()
		if err != nil || key == "" {
			return checks, err
		}
		c, err := checkOf("由所信任的密钥签名", "signed by the key that you trust", trustKey(p.Statement.Head, key))
		return append(checks, c), err
	}
	s, err := statement.Parse(data)
	if err != nil {
		return nil, err
	}
	steps := []struct {
		zh, en string
		err    error
	}{
		{"声明头与日用量、合计和默克尔根一致", "the head says what days, totals and Merkle root give: " + s.Head.Root, s.Check()},
		{"签名有效，密钥 " + s.Head.Key, "the signature holds, by key " + s.Head.Key, s.VerifySignature()},
		{"由所信任的密钥签名", "signed by the key that you trust", trustKey(s.Head, key)},
		{"接在前一份声明之后", "it follows the statement before", follows(s.Head, before)},
	}
	var checks []evidence.Check
	for i, x := range steps {
		if i == 2 && key == "" || i == 3 && before == nil {
			continue
		}
		c, e := checkOf(x.zh, x.en, x.err)
		checks = append(checks, c)
		if err == nil {
			err = e
		}
	}
	return checks, err
}

func checkOf(zh, en string, err error) (evidence.Check, error) {
	c := evidence.Check{Name: park.Name{ZH: zh, EN: en}, Equal: err == nil}
	if err != nil {
		c.Detail = err.Error()
	}
	return c, err
}

// trustKey holds a head's key against the one that is trusted; empty = none is named.
func trustKey(h statement.Head, key string) error {
	if public, err := base64.StdEncoding.DecodeString(key); err == nil && len(public) == ed25519.PublicKeySize {
		key = statement.KeyID(public)
	}
	if key != "" && key != h.Key {
		return fmt.Errorf("%w: it is signed by key %s, not by %s", statement.ErrDifferent, h.Key, key)
	}
	return nil
}

// follows checks the chain to the statement before, which must be whole itself.
func follows(h statement.Head, before []byte) error {
	if before == nil {
		return nil
	}
	previous, err := statement.Parse(before)
	if err != nil {
		return fmt.Errorf("the statement before: %w", err)
	}
	if err := previous.VerifySignature(); err != nil {
		return fmt.Errorf("the statement before: %w", err)
	}
	return h.Follows(&previous.Head)
}
