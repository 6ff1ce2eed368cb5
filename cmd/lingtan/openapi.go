package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/prometheus/client_golang/prometheus"

	"lingtan/api"
	"lingtan/node"
)

func (a *app) openapiCommand() *cobra.Command {
	return &cobra.Command{Use: "openapi", Short: "API 的 OpenAPI 3.1 文档 · the API's OpenAPI 3.1 document", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if a.dir, err = os.MkdirTemp("", "lingtan-openapi-"); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, os.RemoveAll(a.dir)) }()
			return a.with(c.Context(), func(n *node.Node) error {
				in, err := n.OpenIngest(c.Context(), node.IngestOptions{})
				if err != nil {
					return err
				}
				alarms, err := n.OpenAlarms(c.Context(), node.AlarmOptions{})
				if err != nil {
					return err
				}
				server, err := api.New(api.Options{Records: n.Records, Alarms: alarms, Parks: n, Devices: deviceSource{in, &statusBoard{}, &doors{}}, Metrics: prometheus.NewRegistry(), Version: "1"})
				if err != nil {
					return err
				}
				_, err = a.stdout.Write(server.OpenAPI())
				return err
			})
		}}
}
