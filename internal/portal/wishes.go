package portal

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"batch/internal/mailout"
)

// Cancel asks the portal to cancel a job. cancellationURL came with the job or with one of
// its changes. To come too late is an answer and no error (portal-api.md, "The rest").
//
// It may be repeated, and is where an error's Kind is unknown: the first try may have
// arrived. Then declined may be its echo, so that whether a job was cancelled is told by
// its status change alone.
func (c *Client) Cancel(ctx context.Context, sender mailout.OrgNumber, cancellationURL string) (mailout.Answer, error) {
	return c.wish(ctx, "cancel", http.MethodPost, sender, cancellationURL)
}

// DeleteDocuments asks the portal to delete a job's documents. deleteURL came with a
// change of the job: it is offered once all have signed, and granted 24 hours after that
// at the earliest. The caller has everything on disk that it will ever want.
//
// It may be repeated: documents that an earlier try deleted are gone.
func (c *Client) DeleteDocuments(ctx context.Context, sender mailout.OrgNumber, deleteURL string) (mailout.Answer, error) {
	return c.wish(ctx, "delete", http.MethodDelete, sender, deleteURL)
}

func (c *Client) wish(ctx context.Context, call, method string, sender mailout.OrgNumber, given string) (mailout.Answer, error) {
	document, failed := c.tell(ctx, call, method, sender, given)
	if failed == nil {
		return mailout.Answer{Kind: mailout.AnswerGranted}, nil
	}
	if kind := answerKind(failed.Status); kind != "" && failed.Err == nil {
		if words, own := ownWords(document); own {
			return mailout.Answer{Kind: kind, Code: words.code, Message: words.words()}, nil
		}
	}
	return mailout.Answer{Speed: failed.Speed}, failed
}

// tell makes a call, at an address that the portal gave, whose success has no words: to
// confirm, cancel or delete. All that is documented of it is "2xx" (portal-api.md, "The
// rest"), so nothing at all is expected, and any document of the portal's but its error
// counts too. A page that a gateway shows in front of it, its login above all, comes with a
// 200 as well and has done nothing: to take it for a yes would leave a job with its
// signers, or a change unconfirmed, unseen.
func (c *Client) tell(ctx context.Context, call, method string, sender mailout.OrgNumber, given string) ([]byte, *mailout.CallError) {
	where, err := c.own(sender, given)
	if err != nil {
		return nil, foreign(call, err)
	}
	res, document, failed := c.ask(ctx, request{call: call, method: method, url: where, accept: "application/xml"})
	if failed == nil && len(bytes.TrimSpace(document)) > 0 {
		switch said, err := parseAny(document); {
		case err != nil:
			failed = unreadable(call, res, err)
		case said.name == "error":
			failed = unreadable(call, res, errors.New("an error stands under a status of success"))
		}
	}
	return document, failed
}

// answerKind is the answer that a status is, if it came from the portal.
func answerKind(status int) mailout.AnswerKind {
	switch status {
	case http.StatusConflict:
		return mailout.AnswerDeclined
	case http.StatusNotFound, http.StatusGone:
		return mailout.AnswerGone
	}
	return ""
}

// ownWords reports whether an answer can be the portal's own: its error document, or
// nothing at all, as nothing says that a 409 has one. A page in HTML comes from something
// in between, which knows of no job.
func ownWords(document []byte) (words portalError, own bool) {
	if len(bytes.TrimSpace(document)) == 0 {
		return portalError{}, true
	}
	words, err := readError(document)
	return words, err == nil
}
