package main

import (
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"lingtan/access"
	"lingtan/api"
	"lingtan/node"
)

func (a *app) userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "用户：添加、重置、列出 · people: add, reset, list"}
	c.AddCommand(a.userAddCommand(), a.userResetCommand(), a.userListCommand())
	return c
}

func (a *app) userAddCommand() *cobra.Command {
	var name, role, organization string
	c := &cobra.Command{Use: "add LOGIN", Short: "添加用户并给出一次性链接 · add a person and print a one-time link", Args: cobra.ExactArgs(1),
		Example: "  lingtan user add wang --name 王工 --role enterprise_manager --organization /江苏/demo/steel",
		RunE: func(c *cobra.Command, args []string) error {
			path, err := access.ParsePath(organization)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			if !access.Role(role).Known() {
				return fmt.Errorf("%w: role %q; one of %v", errUsage, role, access.Roles())
			}
			return a.with(c.Context(), func(n *node.Node) error {
				if _, err := n.Records.Organization(c.Context(), path); err != nil {
					return err
				}
				p, err := n.Records.AddPerson(c.Context(), a.act("user add"), access.Person{Login: args[0], Name: name}, access.Grant{Role: access.Role(role), Organization: path})
				if err != nil {
					return err
				}
				return a.link(c, n, p.ID)
			})
		}}
	c.Flags().StringVar(&name, "name", "", "the person's name")
	c.Flags().StringVar(&role, "role", "", fmt.Sprintf("one of %v (required)", access.Roles()))
	c.Flags().StringVar(&organization, "organization", "", "organization path, as lingtan user list shows (required)")
	must(c.MarkFlagRequired("role"), c.MarkFlagRequired("organization"))
	return c
}

func (a *app) userResetCommand() *cobra.Command {
	return &cobra.Command{Use: "reset LOGIN", Short: "给出新的一次性链接 · print a new one-time link for a person", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				p, err := n.Records.PersonByLogin(c.Context(), args[0])
				if err != nil {
					return err
				}
				return a.link(c, n, p.ID)
			})
		}}
}

// link prints a one-time link: 30 minutes, once.
func (a *app) link(c *cobra.Command, n *node.Node, person string) error {
	secret, err := access.NewSecret(rand.Reader, "")
	if err != nil {
		return err
	}
	if err := n.Records.AddLink(c.Context(), a.act(c.Name()), person, access.HashSecret(secret)); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s %s%s\n", a.say("一次性链接（30 分钟内有效，接在服务器地址之后）：", "One-time link (30 minutes; append to the server's address):"), "", api.SetupPath+secret)
	return nil
}

func (a *app) userListCommand() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "列出用户和组织 · list people and organizations", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				people, err := n.Records.People(c.Context(), []access.Path{"/"})
				if err != nil {
					return err
				}
				for _, p := range people {
					var grants []string
					for _, g := range p.Grants {
						grants = append(grants, string(g.Role)+" "+string(g.Organization))
					}
					fmt.Fprintf(a.stdout, "%s\t%s\t%s\n", p.Login, p.Name, strings.Join(grants, ", "))
				}
				tree, err := n.Records.Organizations(c.Context(), []access.Path{"/"})
				if err != nil {
					return err
				}
				for _, o := range tree {
					fmt.Fprintf(a.stdout, "%s\t%s\t%s\n", o.Path, o.Kind, a.say(o.NameZH, o.NameEN))
				}
				return nil
			})
		}}
}

func (a *app) setupURLCommand() *cobra.Command {
	return &cobra.Command{Use: "setup-url", Short: "首个管理员的一次性链接 · the first administrator's one-time link", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), func(n *node.Node) error {
				path, err := api.FirstRun(c.Context(), n.Records, n.Now())
				if err != nil {
					return err
				}
				if path == "" {
					fmt.Fprintln(a.stdout, a.say("管理员已设置密码；用 lingtan user reset LOGIN 重置。", "An administrator has a password; use lingtan user reset LOGIN."))
					return nil
				}
				fmt.Fprintln(a.stdout, path)
				return nil
			})
		}}
}
