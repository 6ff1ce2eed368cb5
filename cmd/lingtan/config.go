package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errConfig marks a configuration that cannot be used.
var errConfig = errors.New("configuration")

// setting is one setting with where its value comes from: a flag, the environment
// (LINGTAN_…), the configuration file, or the default, in this order.
type setting struct {
	name, usual, help string
}

// settings are all there are.
var settings = []setting{
	{"data", "lingtan-data", "data directory 数据目录"},
	{"database", "", "PostgreSQL URL of the records; empty: SQLite in the data directory"},
	{"cluster", "", "file that says of which cluster this node is one (docs/guides/cluster.md); empty: one machine"},
	{"listen", "127.0.0.1:8080", "address to serve on 服务地址"},
	{"mqtt", "", "address of the MQTT broker for devices, such as 127.0.0.1:1883; empty: none"},
	{"mqtts", "", "address of the MQTT broker over TLS, such as 0.0.0.0:8883; needs certificate and key; empty: none"},
	{"ocpp", "", "address of the central system for EV chargers (OCPP 1.6J, 2.0.1), such as 127.0.0.1:8887; empty: none"},
	{"ocpps", "", "the same over TLS, such as 0.0.0.0:8888; needs certificate and key; empty: none"},
	{"certificate", "", "PEM file of the server's certificate with its chain: HTTPS in place of HTTP, mqtts, ocpps"},
	{"key", "", "PEM file of the certificate's private key"},
	{"hj212", "", "address of the HJ 212 server for pollutant monitors, such as 127.0.0.1:9212; empty: none"},
	{"gateway", "", "address of the door for gateways at sites, such as 0.0.0.0:8883; empty: none"},
	{"control", "off", "on: write approved set points to devices (docs/guides/control.md); off: never"},
	{"lang", "", "zh or en; empty: from LANG"},
}

// serving are the settings that are flags of serve and demo alone.
var serving = []string{"listen", "certificate", "key", "mqtt", "mqtts", "ocpp", "ocpps", "hj212", "gateway", "control"}

// ofSetting marks the flags of settings: a command may have a flag of its own that is
// named like a setting which it does not take.
const ofSetting = "setting"

// flag makes the setting's flag.
func (s setting) flag(flags *pflag.FlagSet) {
	flags.String(s.name, s.usual, s.help+" (env LINGTAN_"+strings.ToUpper(s.name)+")")
	flags.Lookup(s.name).Annotations = map[string][]string{ofSetting: {s.name}}
}

// serveFlags gives a command the settings of serving.
func serveFlags(c *cobra.Command) {
	for _, s := range settings {
		if slices.Contains(serving, s.name) {
			s.flag(c.Flags())
		}
	}
}

// settingNames are the names of all settings.
func settingNames() []string {
	var names []string
	for _, s := range settings {
		names = append(names, s.name)
	}
	return names
}

// config is the settings in force and their origins.
type config struct {
	value  map[string]string
	origin map[string]string
}

// loadConfig reads the settings for a command.
func (a *app) loadConfig(c *cobra.Command) (config, error) {
	out := config{value: map[string]string{}, origin: map[string]string{}}
	take := func(from string, k *koanf.Koanf) error {
		for _, key := range k.Keys() {
			if !slices.ContainsFunc(settings, func(s setting) bool { return s.name == key }) {
				return fmt.Errorf("%w: %s: unknown setting %q; there are %s", errConfig, from, key, strings.Join(settingNames(), ", "))
			}
			out.value[key], out.origin[key] = k.String(key), from
		}
		return nil
	}
	for _, s := range settings {
		out.value[s.name], out.origin[s.name] = s.usual, "default"
	}
	if path := a.configFile; path != "" {
		k := koanf.New(".")
		if err := k.Load(file.Provider(path), yamlParser{}); err != nil {
			return out, fmt.Errorf("%w: %s: %w", errConfig, path, err)
		}
		if err := take(path, k); err != nil {
			return out, err
		}
	}
	k := koanf.New(".")
	known := env.Provider(".", env.Opt{Prefix: "LINGTAN_", TransformFunc: func(key, value string) (string, any) {
		key = strings.ToLower(strings.TrimPrefix(key, "LINGTAN_"))
		if !slices.ContainsFunc(settings, func(s setting) bool { return s.name == key }) {
			return "", nil // other LINGTAN_ variables are not ours to judge
		}
		return key, value
	}})
	if err := k.Load(known, nil); err != nil {
		return out, fmt.Errorf("%w: %w", errConfig, err)
	}
	if err := take("environment", k); err != nil {
		return out, err
	}
	for _, s := range settings {
		if f := c.Flags().Lookup(s.name); f != nil && f.Changed && f.Annotations[ofSetting] != nil {
			out.value[s.name], out.origin[s.name] = f.Value.String(), "flag"
		}
	}
	return out, nil
}

// yamlParser reads configuration files by the YAML library that park files use.
type yamlParser struct{}

// Unmarshal reads a YAML mapping.
func (yamlParser) Unmarshal(data []byte) (map[string]any, error) {
	var m map[string]any
	err := yaml.Unmarshal(data, &m)
	return m, err
}

// Marshal writes a YAML mapping.
func (yamlParser) Marshal(m map[string]any) ([]byte, error) { return yaml.Marshal(m) }

// configure puts the settings in force before a command runs.
func (a *app) configure(c *cobra.Command, _ []string) error {
	// cobra would look at these later, and not call them usage errors
	if err := errors.Join(c.ValidateRequiredFlags(), c.ValidateFlagGroups()); err != nil {
		return fmt.Errorf("%w: %w; see %s --help", errUsage, err, c.CommandPath())
	}
	if a.configFile == "" {
		a.configFile = os.Getenv("LINGTAN_CONFIG")
	}
	conf, err := a.loadConfig(c)
	if err != nil {
		return err
	}
	a.config = conf
	a.dir, a.database, a.listen, a.language = conf.value["data"], conf.value["database"], conf.value["listen"], conf.value["lang"]
	a.ports = ports{mqtt: conf.value["mqtt"], mqtts: conf.value["mqtts"], ocpp: conf.value["ocpp"], ocpps: conf.value["ocpps"],
		hj212: conf.value["hj212"], gateway: conf.value["gateway"], certificate: conf.value["certificate"], key: conf.value["key"]}
	if err := a.ports.check(); err != nil {
		return err
	}
	if a.language == "" {
		a.language = language()
	}
	if a.language != "zh" && a.language != "en" {
		return fmt.Errorf("%w: lang %q; zh or en", errUsage, a.language)
	}
	return nil
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "配置：显示与检查 · configuration: show and check"}
	var origin bool
	show := &cobra.Command{Use: "show", Short: "显示生效的配置 · the settings in force", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			for _, s := range settings {
				line := s.name + ": " + a.config.value[s.name]
				if origin {
					line += "\t# " + a.config.origin[s.name]
				}
				fmt.Fprintln(a.stdout, line)
			}
			return nil
		}}
	show.Flags().BoolVar(&origin, "origin", false, "say where each value comes from 注明来源")
	check := &cobra.Command{Use: "check", Short: "检查配置文件 · check the configuration file", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(a.stdout, a.say("配置有效。", "The configuration is valid."))
			return nil
		}}
	c.AddCommand(show, check)
	return c
}
