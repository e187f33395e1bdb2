package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"batch/internal/mailout"
)

// settings are Options with every name resolved.
type settings struct {
	Options
	mapped   map[string]target // folded header → what [columns] says
	defaults map[field]template
	fixed    []mailout.Signer // [[signers]], each value checked
	ordered  []bool           // which of fixed say their order
	persons  map[string]bool  // [test] persons
	shared   map[string]bool
}

// target is what [columns] says of a header: one of our columns, or put aside.
type target struct {
	field field
	aside bool
}

func newSettings(o Options) (*settings, error) {
	s := &settings{Options: o, mapped: map[string]target{}, defaults: map[field]template{}, persons: setOf(o.TestPersons), shared: setOf(o.Shared)}
	if s.Location == nil {
		s.Location = time.UTC
	}
	if o.Hidden != "" && o.Hidden != "send" && o.Hidden != "skip" {
		return nil, broken("hidden-setting", "--hidden takes send or skip", "say --hidden=send or --hidden=skip")
	}
	for _, step := range []func() error{s.columns, s.jobDefaults, s.signerDefaults, s.signers} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func setOf(list []string) map[string]bool {
	set := map[string]bool{}
	for _, v := range list {
		set[v] = true
	}
	return set
}

func (s *settings) columns() error {
	for _, header := range slices.Sorted(maps.Keys(s.Columns)) {
		name := s.Columns[header]
		f, ok := knownNames[fold(name)]
		if !ok && name != "-" {
			return broken("settings-columns", fmt.Sprintf("[columns] maps the header %q to %q, which is not one of the manifest's columns", header, name),
				`correct the name in batch.toml; "-" puts a column aside`)
		}
		s.mapped[fold(header)] = target{field: f, aside: name == "-"}
	}
	return nil
}

func (s *settings) jobDefaults() error {
	for _, name := range slices.Sorted(maps.Keys(s.Defaults)) {
		f, ok := knownNames[fold(name)]
		if !ok || f.ofSigner() {
			return broken("settings-defaults", fmt.Sprintf("[defaults] has %q, which is not a column of the job", name),
				"correct the name in batch.toml; signers' columns stand under [defaults.signer1]")
		}
		if err := s.addDefault(f, s.Defaults[name]); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) signerDefaults() error {
	for _, n := range slices.Sorted(maps.Keys(s.SignerDefaults)) {
		for _, name := range slices.Sorted(maps.Keys(s.SignerDefaults[n])) {
			f, ok := knownNames[fold(name)]
			if !ok || !f.ofSigner() || n < 1 || n > mailout.MaxSigners {
				return broken("settings-defaults", fmt.Sprintf("[defaults.signer%d] has %q, which is not a column of a signer", n, name), "correct it in batch.toml; signers are numbered 1 to 10")
			}
			if err := s.addDefault(field{f.name, n}, s.SignerDefaults[n][name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *settings) addDefault(f field, value string) error {
	t, err := parseTemplate(value)
	if err != nil {
		return broken("settings-placeholder", fmt.Sprintf("the default of %s has a brace without its other half", f), "write placeholders as {Header}")
	}
	if _, twice := s.defaults[f]; twice {
		return broken("settings-defaults", fmt.Sprintf("the default of %s is given twice, under two of its names", f), "keep one of them in batch.toml")
	}
	s.defaults[f] = t
	return nil
}

// signers reads [[signers]], which sign every row. What is wrong there is wrong for
// all rows, and an error.
func (s *settings) signers() error {
	for i, given := range s.Signers {
		cells := map[string]cell{}
		for name, value := range given {
			f, ok := knownNames[fold(name)]
			if !ok || !f.ofSigner() {
				return broken("settings-signers", fmt.Sprintf("[[signers]] number %d has %q, which is not a column of a signer", i+1, name), "correct the name in batch.toml")
			}
			cells[f.name] = cell{text: value}
		}
		signer, ordered, err := s.fixedSigner(cells)
		if err != nil {
			return broken("settings-signers", "[[signers]] number "+strconv.Itoa(i+1)+": "+err.Error(), "correct it in batch.toml")
		}
		s.fixed, s.ordered = append(s.fixed, signer), append(s.ordered, ordered)
	}
	if slices.Contains(s.ordered, true) && slices.Contains(s.ordered, false) {
		return broken("settings-signers", "some of [[signers]] have an order and others have none", "give each an order, or none")
	}
	return nil
}

// defaulted reports whether a default stands for the same thing as f.
func (s *settings) defaulted(f field) bool {
	for d := range s.defaults {
		if sameThing(d) == sameThing(f) {
			return true
		}
	}
	return false
}

// sameThing makes columns equal of which a row can have only one.
func sameThing(f field) field {
	if f.name == fSeconds || f.name == fDeadline {
		return field{name: fDays}
	}
	return f
}
