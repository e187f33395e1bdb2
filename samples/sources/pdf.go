package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

const (
	agreement = "avtale.fodt"
	secrecy   = "taushetserklæring.fodt"
	appendix  = "vilkår.fodt"
)

// makePDFs fills the templates for every PDF that the manifest names and converts them.
func makePDFs(table [][]string) error {
	temp, err := os.MkdirTemp("", "samples-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	var filled []string
	for _, line := range table[1:] {
		row := byName(table[0], line)
		for _, part := range strings.Split(row["dokument1"], "+") {
			to := filepath.Join(temp, strings.TrimSuffix(filepath.Base(strings.TrimSpace(part)), ".pdf")+".fodt")
			if err := fill(to, templateFor(to), row); err != nil {
				return fmt.Errorf("filling %s: %w", part, err)
			}
			filled = append(filled, to)
		}
	}
	if err := convert(temp, filepath.Join(samples, "avtaler"), filled); err != nil {
		return err
	}
	return convert(temp, samples, []string{filepath.Join(samples, "sources", appendix)})
}

func templateFor(file string) string {
	if strings.Contains(file, "taushetserklæring") {
		return secrecy
	}
	return agreement
}

// byName gives the templates the cells of a line, ready to stand in XML.
func byName(header, line []string) map[string]string {
	row := make(map[string]string, len(line))
	for i, name := range header {
		var escaped strings.Builder
		xml.EscapeText(&escaped, []byte(line[i])) // writing to a Builder never fails
		row[name] = escaped.String()
	}
	row["Årslønn"] = thousands(row["Årslønn"])
	return row
}

// thousands writes 541300 as Norwegians do: 541 300, with a space that does not break.
func thousands(n string) string {
	if len(n) <= 3 {
		return n
	}
	return thousands(n[:len(n)-3]) + "\u00a0" + n[len(n)-3:]
}

func fill(to, from string, row map[string]string) error {
	t, err := template.New(from).Option("missingkey=error").ParseFiles(filepath.Join(samples, "sources", from))
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.Execute(f, row); err != nil {
		return err
	}
	return f.Close()
}

// convert has LibreOffice write tagged PDFs, as a municipality must publish them, with
// a profile of its own so that an open LibreOffice does not take over the command.
func convert(temp, outdir string, files []string) error {
	args := []string{"-env:UserInstallation=file://" + filepath.ToSlash(temp) + "/profile", "--headless",
		"--convert-to", `pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"}}`, "--outdir", outdir}
	out, err := exec.Command("soffice", append(args, files...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("running soffice: %w: %s", err, out)
	}
	return nil
}
