package rules

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"batch/internal/mailout"
)

func (c *check) signs(s mailout.Signer) {
	if s.Order < 0 || s.Order > 9 {
		c.breach("signer-order", "order", xsdOrder, "the order must be a number from 0 to 9", "write 0 to 9; equal numbers sign at the same time")
	}
	switch {
	case s.SignatureType == mailout.Authenticated && c.kind == mailout.Private:
		c.breach("signature-type-private", "signature_type", apiType, "private senders must use advanced signatures", "write advanced, or leave the cell empty")
	case s.SignatureType == mailout.Advanced && c.kind == mailout.Public && c.documents > 1:
		c.breach("advanced-several-documents", "signature_type", apiDocuments, "a public sender can have one document only under an advanced signature",
			"merge the documents with +, or write authenticated")
	}
}

func (c *check) notified(s mailout.Signer) {
	switch s.Notify {
	case mailout.NotifyLookup, mailout.NotifyLookupSMS:
		c.lookedUp(s)
	default:
		if s.Email == "" && s.Mobile == "" {
			c.breach("signer-not-notified", "email", xsdNotify, "nobody can be notified: there is no e-mail address and no mobile number", "give an e-mail address, a mobile number or both")
		}
	}
}

func (c *check) lookedUp(s mailout.Signer) {
	if s.NationalID == "" {
		c.breach("lookup-without-id", "notify", apiNotify, "contact details can be looked up for a national number only", "give the national number, or write given")
	}
	if c.kind == mailout.Private {
		c.breach("lookup-private", "notify", apiNotify, "private senders cannot have contact details looked up", "write given, and an e-mail address or a mobile number")
	}
	if s.OnBehalfOf == mailout.Other {
		c.breach("lookup-on-behalf", "notify", apiOnBehalf, "contact details are not looked up for who signs on behalf of another", "write given, and an e-mail address or a mobile number")
	}
}

// sameAsBefore finds signers whose answers could not be told apart in a status change:
// the same number twice, or a shared address where neither has a number.
func (c *check) sameAsBefore(i int) {
	s := c.job.Signers[i]
	for n, other := range c.job.Signers[:i] {
		switch {
		case s.NationalID != "" && s.NationalID == other.NationalID:
			c.breach("signer-twice", "national_id", apiAnswers, "the same person is named twice, also as signer "+strconv.Itoa(n+1), "name each person once")
		case s.NationalID == "" && other.NationalID == "":
			if field := sharedAddress(s, other); field != "" {
				c.breach("signer-shared-address", field, apiAnswers, "signer "+strconv.Itoa(n+1)+" has the same address, and neither has a national number: their answers could not be told apart",
					"give each an address of their own, or their national numbers")
			}
		}
	}
}

// sharedAddress is the column that two signers have in common, or "".
func sharedAddress(a, b mailout.Signer) string {
	switch {
	case a.Email != "" && strings.EqualFold(a.Email.Reveal(), b.Email.Reveal()):
		return "email"
	case a.Mobile != "" && a.Mobile == b.Mobile:
		return "mobile"
	}
	return ""
}

func tooLong(t mailout.Text, most int) string {
	return strconv.Itoa(utf8.RuneCountInString(t.Reveal())) + " characters are more than the " + strconv.Itoa(most) + " that the portal takes"
}
