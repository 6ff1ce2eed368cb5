package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lingtan/node"
	"lingtan/usage/statement"
)

func (a *app) statementCommand() *cobra.Command {
	c := &cobra.Command{Use: "statement", Short: "用量声明：原始读数留在企业，签名的总量交给园区 · statements: raw readings stay with the enterprise, signed totals go to the park",
		Long: `An enterprise that settles at its own site states its usage to the park instead of
sending readings: settled days with their quality under a Merkle root, numbered,
chained and signed (docs/formats/statement.md).
企业在现场结算，向园区提交编号、成链、签名的日用量声明，原始读数不出企业。

At the enterprise 企业:  key, build, disclose
At the park 园区:        trust, accept
Anyone, offline 任何人:  verify`}
	c.AddCommand(a.statementKeyCommand(), a.statementBuildCommand(), a.statementDiscloseCommand(), a.statementTrustCommand(), a.statementAcceptCommand(), a.statementListCommand(), a.statementVerifyCommand())
	return c
}

func (a *app) statementKeyCommand() *cobra.Command {
	return &cobra.Command{Use: "key", Aliases: []string{"keygen"}, Short: "本装置的签名公钥；首次使用时生成 · this installation's public key, made on first use", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				key, err := n.InstallationKey()
				if err != nil {
					return err
				}
				public := publicOf(key)
				fmt.Fprintf(a.stdout, "%s %s\n%s %s\n", a.say("密钥编号", "key id"), statement.KeyID(public), a.say("公钥", "public key"), base64.StdEncoding.EncodeToString(public))
				return nil
			})
		}}
}

func (a *app) statementBuildCommand() *cobra.Command {
	var o node.Stating
	var out string
	c := &cobra.Command{Use: "build", Short: "为尚未声明或已修订的日用量生成声明 · state what was settled and not stated yet, or revised since", Args: cobra.NoArgs,
		Long: `Makes, signs and keeps statements of the days that were settled and not stated yet,
or were revised since; today is left out. Installation, organization and registers are kept
from one call to the next. With --out the documents are written into a folder, to be
taken to the park.`,
		Example: "  lingtan statement build --park mill --installation mill-1 --organization mill --out outbox",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error { return a.buildStatements(c, n, o, out) })
		}}
	f := c.Flags()
	f.StringVar(&o.Park, "park", "", "the park (required)")
	f.StringVar(&o.Gateway, "installation", "", "this installation, as the park knows it 本装置在园区的名称")
	f.StringVar(&o.Organization, "organization", "", "the enterprise, as in the park file 企业")
	f.StringSliceVar(&o.Registers, "register", nil, "registers to state (default: all of the organization)")
	f.StringVar(&o.First, "from", "", "first day, YYYY-MM-DD")
	f.StringVar(&o.Last, "to", "", "last day, YYYY-MM-DD (default: yesterday)")
	f.StringVar(&o.Inventory, "inventory", "", "id of an inventory whose entries of the organization go along 附带的清单条目")
	f.StringVar(&out, "out", "", "folder to write the documents into")
	must(c.MarkFlagRequired("park"))
	return c
}

func (a *app) buildStatements(c *cobra.Command, n *node.Node, o node.Stating, out string) error {
	for more, built := true, 0; more; built++ {
		var s *statement.Statement
		var err error
		if s, more, err = n.BuildStatement(c.Context(), a.act("statement build"), o); err != nil {
			return err
		}
		if s == nil {
			if built == 0 {
				fmt.Fprintln(a.stdout, a.say("没有需要声明的日用量。", "There is nothing to state."))
			}
			return nil
		}
		o.Inventory = "" // its entries went with the first
		hash, err := s.Head.Hash()
		if err != nil {
			return err
		}
		h := s.Head
		fmt.Fprintln(a.stdout, a.say(
			fmt.Sprintf("第 %d 号声明：%d 个日用量（%s 至 %s），根 %s，哈希 %s，密钥 %s", h.Number, h.Days, h.First, h.Last, h.Root, hash, h.Key),
			fmt.Sprintf("statement %d: %d register-days, %s to %s, root %s, hash %s, key %s", h.Number, h.Days, h.First, h.Last, h.Root, hash, h.Key)))
		if out == "" {
			continue
		}
		doc, err := s.Document()
		if err != nil {
			return err
		}
		if err := os.MkdirAll(out, 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, fmt.Sprintf("%s-%s-%d.json", h.Park, h.Gateway, h.Number)), doc, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) statementDiscloseCommand() *cobra.Command {
	var park, register, at string
	c := &cobra.Command{Use: "disclose", Short: "披露一个读数，证明它在已签名的声明之中 · disclose one reading with the proof that a signed statement holds it", Args: cobra.NoArgs,
		Long: `Prints a proof that a reading is part of a statement that this installation signed.
It shows the readings of that register and day, and no others; anyone checks it with
lingtan verify or lingtan statement verify.`,
		Example: "  lingtan statement disclose --park mill --register mill.kwh --at 2018-03-05T10:15:00+08:00 > reading.json",
		RunE: func(c *cobra.Command, _ []string) error {
			t, err := time.Parse(time.RFC3339, at)
			if err != nil {
				return fmt.Errorf("%w: --at %q is not a time such as 2018-03-05T10:15:00+08:00", errUsage, at)
			}
			return a.with(c.Context(), func(n *node.Node) error {
				p, err := n.Disclose(c.Context(), park, register, t)
				if err != nil {
					return err
				}
				return json.NewEncoder(a.stdout).Encode(p)
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVar(&register, "register", "", "register (required)")
	c.Flags().StringVar(&at, "at", "", "the reading's time, end of its interval, RFC 3339 (required)")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("register"), c.MarkFlagRequired("at"))
	return c
}

func (a *app) statementTrustCommand() *cobra.Command {
	var t node.Trust
	var key string
	c := &cobra.Command{Use: "trust", Short: "园区登记企业装置的公钥和表计 · let the park take an installation's statements for its registers", Args: cobra.NoArgs,
		Long: `From then on the park takes these registers' usage from statements and makes nothing
of the absence of their readings. Again with another key the installation changes keys.`,
		Example: "  lingtan statement trust --park mill --installation mill-1 --organization mill --public-key 6f…=",
		RunE: func(c *cobra.Command, _ []string) error {
			public, err := base64.StdEncoding.DecodeString(key)
			if err != nil {
				return fmt.Errorf("%w: --public-key is not base64; take it from lingtan statement key", errUsage)
			}
			t.Key = public
			return a.with(c.Context(), func(n *node.Node) error {
				x, err := n.TrustIssuer(c.Context(), a.act("statement trust"), t)
				if err != nil {
					return err
				}
				a.printIssuer(x)
				return nil
			})
		}}
	f := c.Flags()
	f.StringVar(&t.Park, "park", "", "the park (required)")
	f.StringVar(&t.Gateway, "installation", "", "a name for the installation (required) 装置名称")
	f.StringVar(&t.Organization, "organization", "", "the enterprise, as in the park file (required) 企业")
	f.StringVar(&key, "public-key", "", "the installation's public key, base64 (required) 公钥")
	f.StringSliceVar(&t.Registers, "register", nil, "registers (default: all of the organization)")
	f.StringVar(&t.Since, "since", "", "first day that is stated, YYYY-MM-DD (default: every day)")
	f.StringVar(&t.Replaces, "replaces", "", "gateway whose place it takes, such as one that lost its data 替换的装置")
	must(c.MarkFlagRequired("park"), c.MarkFlagRequired("installation"), c.MarkFlagRequired("organization"), c.MarkFlagRequired("public-key"))
	return c
}

func (a *app) printIssuer(x node.StatementIssuer) {
	fmt.Fprintf(a.stdout, "%s (%s)\n", x.Gateway, x.Organization)
	for _, k := range x.Keys {
		fmt.Fprintf(a.stdout, "  %s %s\n", a.say("密钥", "key"), k.ID)
	}
	for _, r := range x.Registers {
		fmt.Fprintf(a.stdout, "  %s %s\n", a.say("表计", "register"), strings.TrimSpace(r.Register+" "+r.Since))
	}
}

func (a *app) statementAcceptCommand() *cobra.Command {
	var park, gateway string
	c := &cobra.Command{Use: "accept FILE...", Short: "园区核验并接收声明 · the park checks statements and takes them as its usage", Args: cobra.MinimumNArgs(1),
		Long: `Checks signature, chain and content of each statement, in the order given, and takes
its days as the park's usage. The same statement again changes nothing.`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				for _, path := range args {
					if err := a.acceptStatement(c, n, park, gateway, path); err != nil {
						return fmt.Errorf("%s: %w", path, err)
					}
				}
				return nil
			})
		}}
	c.Flags().StringVar(&park, "park", "", "the park (required)")
	c.Flags().StringVar(&gateway, "installation", "", "the installation it came from (default: as the statement says)")
	must(c.MarkFlagRequired("park"))
	return c
}

func (a *app) acceptStatement(c *cobra.Command, n *node.Node, park, gateway, path string) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if gateway == "" {
		s, err := statement.Parse(doc)
		if err != nil {
			return err
		}
		gateway = s.Head.Gateway
	}
	got, err := n.AcceptStatement(c.Context(), a.act("statement accept"), park, gateway, doc)
	if err != nil {
		return err
	}
	if got.Repeated {
		fmt.Fprintln(a.stdout, a.say(fmt.Sprintf("%s 第 %d 号声明此前已接收，未做更改。", got.Gateway, got.Number), fmt.Sprintf("statement %d of %s was accepted before; nothing changed.", got.Number, got.Gateway)))
		return nil
	}
	fmt.Fprintln(a.stdout, a.say(
		fmt.Sprintf("已接收 %s 第 %d 号声明：%d 个日用量（%s 至 %s），新增 %d，其中修订 %d", got.Gateway, got.Number, got.Days, got.First, got.Last, got.Stored, got.Revised),
		fmt.Sprintf("accepted statement %d of %s: %d register-days, %s to %s, %d stored, %d of them revised", got.Number, got.Gateway, got.Days, got.First, got.Last, got.Stored, got.Revised)))
	return nil
}
