package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"strings"

	"batch/internal/mailout"
)

// Seal gives the ledger the secret that sent.log's lines are marked with: each line then
// proves which letter its Ref was for, also when the ledger is lost and the manifest was
// edited since. The secret must be the same for every process of the workspace, and be
// found again where the folder is all that is left (package app derives it from the
// certificate's private key). Without it lines are not marked, and prove nothing.
func (l *Ledger) Seal(secret []byte) { l.secret = secret }

// What a mark is made of, in characters: which secret, and the letter under it.
const (
	secretChars = 4
	letterChars = 16 // 80 bits: no two letters of a batch share them
)

var markText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// mark is what tells a letter in sent.log, which outlives the ledger and is never purged.
// It is keyed: a plain digest over signers, title and documents would give a national
// number away to whoever knows the rest and tries all numbers there are. The batch goes in
// so that the same letter does not look the same in two batches. Empty without a secret.
func (l *Ledger) mark(batch mailout.BatchID, letter mailout.Digest) string {
	if len(l.secret) == 0 {
		return ""
	}
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte("letter " + string(batch) + " "))
	h.Write(letter[:])
	return l.secretName() + markText.EncodeToString(h.Sum(nil))[:letterChars]
}

// bareLetter is the letter of a row of which only what sent.log says is known: its mark, or
// where it has none its Ref.
func bareLetter(said string) mailout.Digest { return mailout.SumDigest([]byte("bare " + said)) }

const rebuiltQuery = `SELECT id FROM batches WHERE rebuilt_at <> ''`

// bareLetters are what a letter is called in the batches that were rebuilt, if only sent.log
// knows there that it went out. Without a secret nobody can tell: none.
func (l *Ledger) bareLetters(rebuilt *sql.Rows, letter mailout.Digest) (all []mailout.Digest, err error) {
	defer rebuilt.Close()
	for rebuilt.Next() {
		var batch mailout.BatchID
		if err := rebuilt.Scan((*string)(&batch)); err != nil {
			return nil, err
		}
		if mark := l.mark(batch, letter); mark != "" {
			all = append(all, bareLetter(mark))
		}
	}
	return all, rebuilt.Err()
}

// secretName tells one secret from another, so that a mark made under an earlier
// certificate is known to be none that can be checked.
func (l *Ledger) secretName() string {
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte("name"))
	return markText.EncodeToString(h.Sum(nil))[:secretChars]
}

// checkable reports whether a mark was made under the secret of today.
func (l *Ledger) checkable(mark string) bool {
	return len(l.secret) > 0 && len(mark) == secretChars+letterChars && strings.HasPrefix(mark, l.secretName())
}
