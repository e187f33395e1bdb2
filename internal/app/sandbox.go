package app

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"batch/internal/sandbox"
)

// SandboxOptions say what portal stand-in to serve.
type SandboxOptions struct {
	Dir             string // gets certificates, batch.toml and, last, sandbox.json
	Listen, Control string // addresses
	SignAfter       time.Duration
	PollInterval    time.Duration
	NoLimits        bool
	Brokers         []string
	LongTermStorage bool
	ConfirmsJob     bool
	FaultsFile      string
	PAdESStyle      string // seal, validation-data, several-signatures, varying
	State           string // memory, or file: what it knows outlives it
}

// StartSandbox serves until Close.
func StartSandbox(ctx context.Context, o SandboxOptions) (*sandbox.Running, error) {
	var faults []sandbox.Fault
	if o.FaultsFile != "" {
		raw, err := os.ReadFile(o.FaultsFile)
		if err != nil {
			return nil, usage("see --faults", "the faults cannot be read: %v", err)
		}
		if err := json.Unmarshal(raw, &faults); err != nil {
			return nil, usage("it is a JSON list, see commands.md", "the faults cannot be read: %v", err)
		}
	}
	running, err := sandbox.Start(ctx, sandbox.StartOptions{Listen: o.Listen, ControlListen: o.Control, Options: sandbox.Options{
		Dir: o.Dir, SignAfter: o.SignAfter, PollInterval: o.PollInterval, NoLimits: o.NoLimits, Brokers: o.Brokers,
		LongTermStorage: o.LongTermStorage, ConfirmsJob: o.ConfirmsJob, Faults: faults,
		PAdESStyle: sandbox.PAdESStyle(o.PAdESStyle), State: sandbox.State(o.State)}})
	if err != nil {
		return nil, usage("`batch sandbox --help` tells what each of its flags takes", "the sandbox cannot start: %v", err)
	}
	if err := running.WriteFiles(o.Dir); err != nil {
		running.Close()
		return nil, usage("see --dir", "the sandbox cannot start: %v", err)
	}
	return running, nil
}
