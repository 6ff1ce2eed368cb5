// Command lingtan is the open zero-carbon operating system for industrial parks:
// one program from meter readings to a traceable inventory.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // a park's zone is known on every machine

	"github.com/spf13/cobra"
)

// version is set by the build: -ldflags "-X main.version=v0.1.0".
var version = "0.1.0-dev"

func main() { os.Exit(run(os.Args[1:])) }

// run is main with an exit code, so that scripts can test it.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a first Ctrl-C asks, a second one kills
		<-ctx.Done()
		stop()
	}()
	a := &app{stdout: os.Stdout, stderr: os.Stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetContext(ctx)
	err := root.Execute()
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(a.stderr, a.say("已中断；已完成的部分都已保存，再次运行会从中断处继续。", "Interrupted; what was done is kept, run it again to go on from there."))
		return exitInterrupted
	}
	code, ex := exitCode(err)
	a.printError(err, code)
	return ex
}

// root is the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "lingtan",
		Short: "零碳园区操作系统 · the open zero-carbon operating system for industrial parks",
		Long: `Lingtan turns meter readings into an energy balance, a traceable carbon
inventory and evidence that anyone can check.
零碳把电表读数变成能量平衡、可溯源的碳清单和任何人都能核验的证据。

Exit codes / 退出码:
  0 ok · 1 failure · 2 usage · 3 configuration or park file invalid · 4 not found
  5 no permission · 6 network or device unreachable · 7 data-quality gate failed
  8 verification mismatch · 75 retry later · 130 interrupted`,
		SilenceUsage: true, SilenceErrors: true, Version: version,
	}
	flags := root.PersistentFlags()
	for _, x := range settings {
		if !slices.Contains(serving, x.name) {
			x.flag(flags)
		}
	}
	flags.StringVar(&a.configFile, "config", "", "configuration file, YAML 配置文件 (env LINGTAN_CONFIG)")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "say more 输出更多")
	root.PersistentPreRunE = a.configure
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w: %w; see %s --help", errUsage, err, c.CommandPath())
	})
	root.AddCommand(a.demoCommand(), a.serveCommand(), a.parkCommand(), a.importCommand(), a.settleCommand(), a.inventoryCommand(), a.balanceCommand(), a.accountCommand(), a.activityCommand(),
		a.explainCommand(), a.uncertaintyCommand(), a.ratingCommand(), a.savingsCommand(), a.healthCommand(), a.lpCommand(), a.flowCommand(), a.forecastCommand(), a.tariffCommand(), a.consolidateCommand(), a.dispatchCommand(), a.verifyCommand(), a.reportCommand(), a.proveCommand(), a.statementCommand(), a.factorCommand(), a.readingCommand(), a.userCommand(), a.setupURLCommand(), a.deviceCommand(), a.gatewayCommand(), a.alarmCommand(), a.controlCommand(),
		a.compactCommand(), a.configCommand(), a.openapiCommand(), a.doctorCommand(), a.versionCommand())
	quietUsage(root)
	return root
}

// quietUsage makes wrong arguments a usage error with its exit code.
func quietUsage(c *cobra.Command) {
	c.SuggestionsMinimumDistance = 2
	if c.HasSubCommands() && c.RunE == nil {
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		c.Args = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			near := ""
			if list := c.SuggestionsFor(args[0]); len(list) > 0 {
				near = "; did you mean " + strings.Join(list, " or ") + "?"
			}
			return fmt.Errorf("unknown command %q%s", args[0], near)
		}
	}
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w: %w; see %s --help", errUsage, err, c.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		quietUsage(sub)
	}
}

// language is the reader's, from the environment.
func language() string {
	for _, name := range []string{"LINGTAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}
