package audit

import "batch/internal/mailout"

// Limits are what an audit of a batch cannot know, in sentences: what it finds in order is not
// more than it looked at.
func Limits(b mailout.BatchInfo) []string {
	all := []string{
		"who sealed a document, and whether that certificate was valid then: the seal's own signature holds, and no chain and no revocation were asked for. Adobe Reader or the EU's DSS tell",
		"whether a signer's XAdES proves who signed: it is there and whole, and its signature was not verified. The EU's DSS tells",
		"whether what a document says is what was sent: only that it is the file that the portal handed out for that job",
		"whether the portal made jobs, or changed them, that it never told of: only the sender portal tells",
		"whether ledger.db and sent.log were put back together, both from the same older copy, or both written anew by somebody who knows how: a backup that nobody else can write tells",
		"who has read, copied or passed on what lies here",
	}
	if b.State == mailout.Purged {
		all = append(all, "whether the rows are those that were approved: their personal data are deleted, and with them what the digest of the rows was made of")
	}
	return all
}
