package sandbox

import (
	"mime"
	"strconv"
	"strings"
)

// Types of what the portal takes and answers with.
const (
	xmlType      = "application/xml"
	pdfType      = "application/pdf"
	documentType = "application/octet-stream"
)

// accepts says whether a request's Accept lines let the portal answer with a type (RFC
// 9110, section 12.5.1). No such line lets it answer with anything.
func accepts(lines []string, answer string) bool {
	if len(lines) == 0 {
		return true
	}
	group, _, _ := strings.Cut(answer, "/")
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		accepted, params, err := mime.ParseMediaType(part)
		if err != nil || (accepted != answer && accepted != group+"/*" && accepted != "*/*") {
			continue
		}
		if weight, err := strconv.ParseFloat(params["q"], 64); err != nil || weight > 0 { // no weight counts as 1
			return true
		}
	}
	return false
}
